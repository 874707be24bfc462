/** Share of people in the United States, per 100,000, from what the Census Bureau publishes; rounded. */
const SURNAMES =
  'smith 828 johnson 655 williams 551 brown 487 jones 483 garcia 395 miller 393 davis 378 rodriguez 371 martinez 359 hernandez 354 lopez 297 gonzalez 285 wilson 272 anderson 266 thomas 256 taylor 255 moore 246 jackson 240 martin 238 lee 235 perez 231 thompson 225 white 224 harris 211 sanchez 208 clark 191 ramirez 189 lewis 180 robinson 179 walker 177 young 164 allen 163 king 158 wright 156 scott 149 torres 148 nguyen 148 hill 147 flores 146 green 146 adams 145 nelson 144 baker 142 hall 138 rivera 133 campbell 131 mitchell 130 carter 128 roberts 127 gomez 124 phillips 122 evans 121 turner 119 diaz 118 parker 114 cruz 107 edwards 112 collins 112 reyes 105 stewart 108 morris 108 morales 101 murphy 105 cook 102 rogers 102 gutierrez 95 ortiz 95 morgan 99 cooper 98 peterson 97 bailey 95 reed 94 kelly 93 howard 93 ramos 90 kim 89 cox 89 ward 88 richardson 88 watson 85 brooks 84 chavez 84 wood 83 james 82 bennett 82 gray 81 mendoza 80 ruiz 79 hughes 79 price 79 alvarez 78 castillo 77 sanders 77 patel 78 myers 77 long 76 ross 76 foster 75 jimenez 74 powell 72 jenkins 72 perry 72 russell 70 sullivan 69 bell 69 coleman 68 butler 68 henderson 67 barnes 67 gonzales 66 fisher 65 vasquez 65 simmons 64 romero 63 jordan 62 patterson 61 alexander 60 hamilton 60 graham 59 reynolds 58';
const GIVEN =
  'james 1640 john 1615 robert 1553 michael 1299 mary 1320 william 1211 david 1167 richard 841 charles 752 joseph 694 thomas 682 patricia 539 christopher 511 linda 520 barbara 492 daniel 481 paul 468 mark 463 elizabeth 471 donald 460 jennifer 468 george 458 maria 416 kenneth 408 susan 399 steven 385 edward 385 margaret 386 brian 363 ronald 358 dorothy 365 anthony 356 lisa 354 kevin 331 nancy 336 karen 335 betty 334 jason 326 helen 333 matthew 320 gary 321 timothy 316 sandra 316 jose 303 larry 296 donna 293 jeffrey 292 carol 284 ruth 282 frank 287 scott 270 sharon 271 eric 269 michelle 260 stephen 267 laura 256 andrew 266 sarah 255 kimberly 253 raymond 241 deborah 248 gregory 218 jessica 246 joshua 215 shirley 243 jerry 214 cynthia 235 dennis 205 angela 236 walter 197 melissa 232 patrick 192 brenda 229 peter 188 amy 227 harold 183 anna 222 douglas 181 rebecca 216 henry 180 virginia 217 carl 171 kathleen 212 arthur 166 pamela 209 ryan 162 martha 207 roger 159 debra 205 joe 159 amanda 203 juan 156 stephanie 202 jack 156 carolyn 189 albert 155 christine 188 jonathan 155 marie 187 justin 154 janet 185 terry 154 catherine 184 gerald 152 frances 181 keith 150 ann 178 samuel 151 joyce 178 willie 149 diane 176 ralph 139 alice 175 lawrence 140 julie 174 nicholas 136 heather 173 roy 135 teresa 171 benjamin 133 doris 170 bruce 130 gloria 166 brandon 128 evelyn 163 adam 128 jean 161 harry 124 cheryl 159 fred 124 mildred 158 wayne 123 katherine 157 billy 122 joan 150 steve 121 ashley 149 louis 120 judith 148 jeremy 119 rose 148 aaron 118 janice 143 randy 115 kelly 143 howard 113 nicole 142 eugene 112 judy 139 carlos 111 christina 138 russell 109 kathy 137 bobby 108 theresa 136 victor 108 beverly 135 martin 105 denise 133 ernest 105 tammy 131 phillip 103 irene 128 todd 103 jane 127 jesse 101 lori 126 craig 100 rachel 123 alan 99 marilyn 122 shawn 97 andrea 120 clarence 96 kathryn 118 sean 95 louise 117 philip 95 sara 115 chris 94 anne 115 johnny 94 jacqueline 114 earl 93 wanda 114 jimmy 92 bonnie 113 antonio 92 julia 112 danny 90 ruby 111 bryan 89 lois 110 tony 88 tina 109 luis 87 phyllis 108 mike 86';
/** Also names, of the young above all, that are not that frequent among everybody. */
const MORE_GIVEN =
  'emma olivia ava isabella sophia mia charlotte amelia harper abigail emily ella avery sofia scarlett grace chloe victoria riley aria lily aubrey zoey zoe penelope lillian addison layla natalie camila hannah brooklyn nora leah savannah audrey claire eleanor skylar ellie samantha stella paisley violet mila allison alexa hazel lucy madelyn kaylee madeline gabriella kayla naomi aaliyah eva ivy kinsley aurora sadie caroline ariana autumn piper faith molly jasmine morgan sydney brianna taylor alyssa lauren megan courtney vanessa tiffany danielle amber crystal kayleigh kylie holly erin shannon tracy dawn tara kristen monica veronica tanya april noah liam mason jacob logan elijah ethan aiden lucas jackson oliver jayden kayden brayden hayden caden carter sebastian wyatt owen dylan luke gabriel isaac levi isaiah caleb hunter connor eli landon adrian jordan evan gavin chase xavier cole tyler zachary austin kyle cody dustin derek travis corey trevor shane brett jared max leo theo oscar felix hugo ian simon nathan jon marcus edwin jorge miguel alejandro diego angel jesus manuel pedro rosa carmen ana elena lucia gina paula ellen clara edna ethel florence lillie ida eva bertha minnie cora myrtle hattie nellie ada alma stanley leonard norman ray leon lloyd clyde herbert alfred melvin floyd vernon leroy theodore clifford lewis elmer erik erica erika alex alexander alexandra alexis brad bradley todd glenn dale kent wade troy toby tyrone darren darrell derrick mitchell clayton seth spencer';
/** Of families that came from elsewhere, in the spelling that registers have, without accents: Irish, French, Italian, Portuguese, Spanish, Vietnamese, Polish and others. */
const GIVEN_ELSEWHERE = `
aidan aisling aoife brendan brigid caitlin ciaran conor cormac deirdre dermot desmond eamon eoin finbar fiona kieran maeve malachy niall
noreen padraig rory roisin siobhan sinead eileen sheila maureen colleen bridget declan alain aline andre antoine armand benoit camille
cecile celine claude claudette denis dominique edgar emile etienne fernand francois gaetan gaston genevieve georges gerard germaine gilles
ginette giselle guy henri jacques jeanne jeannette jeannine josee julien laurent lionel lise luc lucie lucien marcel maurice michel
mireille noella normand odette olivier pauline pierre raoul rejean rene renee roland rolande solange suzanne sylvain sylvie therese
thierry yves yvette yvon yvonne alessandro alfonso alfredo angelo antonella antonietta assunta beatrice bruno carlo carmela carmine
concetta cosimo dante domenic domenico dominic elio emilio enzo fabio filippo filomena franca francesca francesco franco gaetano gennaro
giacomo gianna gino giorgio giovanna giovanni giuseppe giuseppina gregorio guido ignazio immacolata josephine leonardo lorenzo luca
luciano luigi marcello marco mario matteo maurizio nunzio ornella pasquale paolo piero pietro raffaele renato riccardo rocco rosaria
salvatore sergio silvio stefano umberto vincenzo vito abel adelino afonso alberto albano albertina americo anabela arlindo armando arminda
armenio artur augusto beatriz conceicao custodio deolinda domingos eduarda ermelinda fatima fernanda fernando filipe flavio gilberto
helder helena henrique idalina ines isabel joana joao joaquim laurinda leonel leonor lourdes luisa madalena manuela margarida mariana
natalia nelson nuno odete olinda palmira paulo rogerio rui serafim susana tiago vasco zulmira adela adriana aida alba alicia altagracia
alvaro amparo andres angelica aracely arturo aurelio belkis benito bernardo blanca camilo candelaria carlota carolina celia cesar clemente
concepcion consuelo cristian cristina cruz damaris dolores edgardo eduardo efrain elba elsa enrique ernesto esmeralda esperanza esteban
estela eugenio evelin fabian felicia felipe fermin fidel florencia francisca francisco gerardo gilda gonzalo graciela griselda guadalupe
guillermo gustavo hector heriberto hernan humberto ignacio iris isidro ismael israel ivan ivette jacinto javier josefa josefina josue
juana juanita julio lazaro leticia lidia liliana lorena luz magaly marcelo marcos margarita maribel maricela marisol maritza marta matilde
mauricio mayra mercedes milagros minerva moises myriam nereida nestor nilda noelia noemi norberto octavio ofelia orlando osvaldo pablo
paola pilar rafael rafaela ramiro ramon raquel raul rebeca reina reynaldo ricardo rigoberto roberto rocio rodolfo rodrigo rogelio rolando
rosalia rosario rosaura ruben salvador santiago santos silvia soledad sonia tomas trinidad valentin valentina vicente violeta wilfredo
wilson xiomara yadira yajaira yesenia yolanda zoraida anh bao binh chau chi cuong diem diep dung duy giang hai hang hanh hieu hoa hoang
hong hue hung huong huy khanh khoa kien kiet lam lan lien linh loan loc mai minh nga ngan ngoc nguyet nhi nhung phat phong phuc phuong
quan quang quoc quyen quynh tam tan thanh thao thinh thu thuan thuy tien trang tri trinh trong truc trung truong tuan tuyen tuyet uyen
viet vinh xuan yen agata agnieszka andrzej aleksander beata bogdan boguslaw bozena casimir czeslaw danuta dariusz dorota elzbieta ewa
grazyna grzegorz halina henryk jadwiga jan janina janusz jaroslaw jerzy jozef kasia katarzyna kazimierz krystyna krzysztof leszek lech
lucyna maciej magdalena malgorzata marek mariusz marzena mieczyslaw miroslaw monika pawel piotr renata ryszard slawomir stanislaw stefan
tadeusz tomasz urszula waclaw wieslaw witold wladyslaw wojciech zbigniew zdzislaw zofia zygmunt abdul ahmed aisha ali amir fatou hassan
hussein ibrahim ismail khadija mohamed mohammad mohammed muhammad mustafa omar samira yusuf zainab amit anil anita arjun deepak gita
kavita kiran lakshmi meena neha priya rahul raj rajesh ravi sanjay sunil sunita suresh vijay chen jian jing jun li ling mei min ping wei
xiao xin yan ying yong yu soo sung wilner fritz dieudonne ketly nadege yannick sokha sophal vanna bopha sreymom dara rithy sovann svetlana
kim nam bich nhu duyen hoai thang son lei qiang hao tao chao xia fang hui xiu juan jie gang bin peng feng kai hua rong yun qing fei ming zhen zhi
natalya oleg olga sergei tatyana vladimir yuri irina boris dmitri konstantinos dimitrios panagiotis eleni vasiliki athena
`;

function table(text: string): Map<string, number> {
  const list = text.split(' ');
  return new Map(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i]!, Number(list[2 * i + 1]) / 100_000]));
}

/** Share of everybody who has a surname, for the frequent ones. */
export const COMMON_SURNAMES: ReadonlyMap<string, number> = table(SURNAMES);
/** The same for given names. */
export const COMMON_GIVEN_NAMES: ReadonlyMap<string, number> = table(GIVEN);

const known = new Set([...COMMON_GIVEN_NAMES.keys(), ...MORE_GIVEN.split(' '), ...GIVEN_ELSEWHERE.trim().split(/\s+/)]);

/** Is it a given name that many have, rather than a typing error of another one? */
export function isKnownGivenName(name: string): boolean {
  return known.has(name);
}

/** All of them. */
export function knownGivenNames(): Iterable<string> {
  return known;
}
