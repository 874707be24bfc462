/** Share of people in the United States, per 100,000, from what the Census Bureau publishes; rounded. */
const SURNAMES =
  'smith 828 johnson 655 williams 551 brown 487 jones 483 garcia 395 miller 393 davis 378 rodriguez 371 martinez 359 hernandez 354 lopez 297 gonzalez 285 wilson 272 anderson 266 thomas 256 taylor 255 moore 246 jackson 240 martin 238 lee 235 perez 231 thompson 225 white 224 harris 211 sanchez 208 clark 191 ramirez 189 lewis 180 robinson 179 walker 177 young 164 allen 163 king 158 wright 156 scott 149 torres 148 nguyen 148 hill 147 flores 146 green 146 adams 145 nelson 144 baker 142 hall 138 rivera 133 campbell 131 mitchell 130 carter 128 roberts 127 gomez 124 phillips 122 evans 121 turner 119 diaz 118 parker 114 cruz 107 edwards 112 collins 112 reyes 105 stewart 108 morris 108 morales 101 murphy 105 cook 102 rogers 102 gutierrez 95 ortiz 95 morgan 99 cooper 98 peterson 97 bailey 95 reed 94 kelly 93 howard 93 ramos 90 kim 89 cox 89 ward 88 richardson 88 watson 85 brooks 84 chavez 84 wood 83 james 82 bennett 82 gray 81 mendoza 80 ruiz 79 hughes 79 price 79 alvarez 78 castillo 77 sanders 77 patel 78 myers 77 long 76 ross 76 foster 75 jimenez 74 powell 72 jenkins 72 perry 72 russell 70 sullivan 69 bell 69 coleman 68 butler 68 henderson 67 barnes 67 gonzales 66 fisher 65 vasquez 65 simmons 64 romero 63 jordan 62 patterson 61 alexander 60 hamilton 60 graham 59 reynolds 58';
const GIVEN =
  'james 1640 john 1615 robert 1553 michael 1299 mary 1320 william 1211 david 1167 richard 841 charles 752 joseph 694 thomas 682 patricia 539 christopher 511 linda 520 barbara 492 daniel 481 paul 468 mark 463 elizabeth 471 donald 460 jennifer 468 george 458 maria 416 kenneth 408 susan 399 steven 385 edward 385 margaret 386 brian 363 ronald 358 dorothy 365 anthony 356 lisa 354 kevin 331 nancy 336 karen 335 betty 334 jason 326 helen 333 matthew 320 gary 321 timothy 316 sandra 316 jose 303 larry 296 donna 293 jeffrey 292 carol 284 ruth 282 frank 287 scott 270 sharon 271 eric 269 michelle 260 stephen 267 laura 256 andrew 266 sarah 255 kimberly 253 raymond 241 deborah 248 gregory 218 jessica 246 joshua 215 shirley 243 jerry 214 cynthia 235 dennis 205 angela 236 walter 197 melissa 232 patrick 192 brenda 229 peter 188 amy 227 harold 183 anna 222 douglas 181 rebecca 216 henry 180 virginia 217 carl 171 kathleen 212 arthur 166 pamela 209 ryan 162 martha 207 roger 159 debra 205 joe 159 amanda 203 juan 156 stephanie 202 jack 156 carolyn 189 albert 155 christine 188 jonathan 155 marie 187 justin 154 janet 185 terry 154 catherine 184 gerald 152 frances 181 keith 150 ann 178 samuel 151 joyce 178 willie 149 diane 176 ralph 139 alice 175 lawrence 140 julie 174 nicholas 136 heather 173 roy 135 teresa 171 benjamin 133 doris 170 bruce 130 gloria 166 brandon 128 evelyn 163 adam 128 jean 161 harry 124 cheryl 159 fred 124 mildred 158 wayne 123 katherine 157 billy 122 joan 150 steve 121 ashley 149 louis 120 judith 148 jeremy 119 rose 148 aaron 118 janice 143 randy 115 kelly 143 howard 113 nicole 142 eugene 112 judy 139 carlos 111 christina 138 russell 109 kathy 137 bobby 108 theresa 136 victor 108 beverly 135 martin 105 denise 133 ernest 105 tammy 131 phillip 103 irene 128 todd 103 jane 127 jesse 101 lori 126 craig 100 rachel 123 alan 99 marilyn 122 shawn 97 andrea 120 clarence 96 kathryn 118 sean 95 louise 117 philip 95 sara 115 chris 94 anne 115 johnny 94 jacqueline 114 earl 93 wanda 114 jimmy 92 bonnie 113 antonio 92 julia 112 danny 90 ruby 111 bryan 89 lois 110 tony 88 tina 109 luis 87 phyllis 108 mike 86';
/** Also names, of the young above all, that are not that frequent among everybody. */
const MORE_GIVEN =
  'emma olivia ava isabella sophia mia charlotte amelia harper abigail emily ella avery sofia scarlett grace chloe victoria riley aria lily aubrey zoey zoe penelope lillian addison layla natalie camila hannah brooklyn nora leah savannah audrey claire eleanor skylar ellie samantha stella paisley violet mila allison alexa hazel lucy madelyn kaylee madeline gabriella kayla naomi aaliyah eva ivy kinsley aurora sadie caroline ariana autumn piper faith molly jasmine morgan sydney brianna taylor alyssa lauren megan courtney vanessa tiffany danielle amber crystal kayleigh kylie holly erin shannon tracy dawn tara kristen monica veronica tanya april noah liam mason jacob logan elijah ethan aiden lucas jackson oliver jayden kayden brayden hayden caden carter sebastian wyatt owen dylan luke gabriel isaac levi isaiah caleb hunter connor eli landon adrian jordan evan gavin chase xavier cole tyler zachary austin kyle cody dustin derek travis corey trevor shane brett jared max leo theo oscar felix hugo ian simon nathan jon marcus edwin jorge miguel alejandro diego angel jesus manuel pedro rosa carmen ana elena lucia gina paula ellen clara edna ethel florence lillie ida eva bertha minnie cora myrtle hattie nellie ada alma stanley leonard norman ray leon lloyd clyde herbert alfred melvin floyd vernon leroy theodore clifford lewis elmer erik erica erika alex alexander alexandra alexis brad bradley todd glenn dale kent wade troy toby tyrone darren darrell derrick mitchell clayton seth spencer';

function table(text: string): Map<string, number> {
  const list = text.split(' ');
  return new Map(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i]!, Number(list[2 * i + 1]) / 100_000]));
}

/** Share of everybody who has a surname, for the frequent ones. */
export const COMMON_SURNAMES: ReadonlyMap<string, number> = table(SURNAMES);
/** The same for given names. */
export const COMMON_GIVEN_NAMES: ReadonlyMap<string, number> = table(GIVEN);

const known = new Set([...COMMON_GIVEN_NAMES.keys(), ...MORE_GIVEN.split(' ')]);

/** Is it a given name that many have, rather than a typing error of another one? */
export function isKnownGivenName(name: string): boolean {
  return known.has(name);
}

const girls = new Set(
  'mary patricia linda barbara elizabeth jennifer maria susan margaret dorothy lisa nancy karen betty helen sandra donna carol ruth sharon michelle laura sarah kimberly deborah jessica shirley cynthia angela melissa brenda amy anna rebecca virginia kathleen pamela martha debra amanda stephanie carolyn christine marie janet catherine frances ann joyce diane alice julie heather teresa doris gloria evelyn jean cheryl mildred katherine joan ashley judith rose janice kelly nicole judy christina kathy theresa beverly denise tammy irene jane lori rachel marilyn andrea kathryn louise sara anne jacqueline wanda bonnie julia ruby lois tina phyllis emma olivia ava isabella sophia mia charlotte amelia abigail emily ella sofia grace chloe victoria lily zoe natalie hannah leah savannah claire eleanor samantha stella lucy madeline gabriella naomi eva caroline faith molly jasmine megan lauren courtney vanessa tiffany danielle amber crystal holly erin tracy dawn tara kristen monica veronica april rosa carmen elena lucia ellen clara edna ethel florence ida bertha ada alma erica erika alexandra matilda isabel audrey hazel violet nora'.split(
    ' ',
  ),
);

/** Is it a name that girls have? Of the frequent ones. */
export function isGirlsName(name: string): boolean {
  return girls.has(name);
}
