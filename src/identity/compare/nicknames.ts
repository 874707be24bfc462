/** Given names that one person may go by. The list is small on purpose: more names were measured to change nothing. */
const GROUPS = `
abigail abby abbie gail|abraham abe|albert al bert|alexander alex al sandy xander|alexandra alex sandra lexi|alfred al fred|alice allie|allison alison ally
amanda mandy|andrew andy drew|angela angie|anthony tony|antonio tony|arthur art artie|barbara barb barbie babs|benjamin ben benny|bernard bernie
bradley brad|brian bryan|caroline carrie carolyn|catherine katherine kathryn katharine cathy kathy kate katie kay kit kitty catharine cathryn|charles charlie chuck chas
christina christine chris tina chrissy kristina kristine|christopher chris topher kit|cynthia cindy|daniel dan danny|david dave davey|deborah debra deb debbie
dennis denny|donald don donnie|dorothy dot dottie dolly|douglas doug|edward ed eddie ted ned|edwin ed|eleanor ellie nell nellie|elizabeth elisabeth liz lizzie beth betty betsy eliza libby bess bessie lisa
emily em|eric erik|eugene gene|evelyn eve evie|florence flo|frances fran francie|francis frank|franklin frank|frederick fred freddie frederic|gabriel gabe|geoffrey jeffrey jeff geoff|george georgie
gerald jerry gerry|gregory greg|harold harry hal|harriet hattie|henry harry hank hal|herbert herb bert|isabella isabel bella izzy isabelle|jacob jake|jacqueline jackie|james jim jimmy jamie jas
janet jan|jennifer jen jenny|jessica jess jessie|joan joanie|john jack johnny jon jno|jonathan jon johnny jonathon|joseph joe joey jos|joshua josh|judith judy|katelyn kaitlyn caitlin|kenneth ken kenny
kimberly kim|lawrence laurence larry|leonard len lenny leo|leslie les|lillian lily lil|louis lou lewis|lucille lucy|madeline maddie madeleine|margaret maggie meg peg peggy marge margie greta rita|martha marty
martin marty|mary molly polly mamie|matthew matt matthias|megan meg meghan|melissa missy|michael mike mick micky mikey|michelle shelly|mildred millie|nancy nan|natalie nat|nathan nate nathaniel nat|nicholas nick nicky nicolas
nicole nikki nicky|norman norm|olivia liv livvy|pamela pam|patricia pat patty trish tricia|patrick pat paddy|peter pete|philip phillip phil|phyllis phil|priscilla cilla|rachel rachael|raymond ray|rebecca becky becca
richard rick dick rich ricky richie|robert rob bob bobby robbie bert|roger rodger|ronald ron ronnie|rosemary rose|roy royal|rudolph rudy|russell russ|samuel sam sammy|samantha sam|sandra sandy|sara sarah sally
sharon sharron|sophia sophie sofia|stephen steven steve stephan|stephanie steph|susan sue susie suzanne suzy|teresa theresa terry tess|terrence terry terence|theodore ted teddy theo|thomas tom tommy thos
timothy tim timmy|tracy tracey|ursula|valerie val|vanessa|victor vic|victoria vicky tori|vincent vince vinny|virginia ginny ginger|walter walt wally|wilbur will|william will bill billy willie liam wm|zachary zach zack zachariah
ahmed ahmad|aidan aiden|allan allen alan|ann anne annie|ashley ashleigh|brayden braden|brittany brittney|caden kaden kayden|carl karl|cheryl sheryl|chloe khloe|connor conor|diane dianne
dominic domenic dom|francisco frank paco|gail gayle|guadalupe lupe|haley hailey hayley|hussein hussain|ignacio nacho|jayden jaden|jeanette jeannette|joanne joann|jose joe pepe|kelly kelley kelli|kristen kristin kirsten
lindsay lindsey|lori laurie|lucas lukas|luis louis|lynn lynne|manuel manny|marc mark|marian marion|mohamed mohammed mohammad muhammad|neil neal|rafael rafa|rosemary rosemarie|salvatore sal|sean shawn shaun
kathleen kathy kath kate katie|josephine jo josie|constance connie|gwendolyn gwen|marjorie marge margie|jeremy jerry|jerome jerry|gerard gerry jerry|bernadette bernie|clifford cliff|clifton cliff
curtis curt|ernest ernie|gertrude trudy|howard howie|mitchell mitch|melvin mel|marvin marv|randall randy|randolph randy|roberta bobbie|rodney rod|stanley stan|sidney sid sydney|vernon vern
wallace wally|wesley wes|winifred winnie|gilbert gil|isaac ike|elijah eli|cornelius neil|jerald jerry gerald|marguerite margaret|melanie mel|maureen mo
stacy stacey|stuart stewart|tammy tami|vicki vickie vicky|zoe zoey
`;

const groupsOf = new Map<string, number[]>();
GROUPS.split(/[|\n]/)
  .map((group) => group.trim().split(' '))
  .filter((group) => group.length > 1)
  .forEach((group, number) => {
    for (const name of group) groupsOf.set(name, [...(groupsOf.get(name) ?? []), number]);
  });

/** May one person go by both names? Of two different names in standard form. */
export function areNicknames(a: string, b: string): boolean {
  const first = groupsOf.get(a);
  if (first === undefined) return false;
  const second = groupsOf.get(b);
  return second !== undefined && first.some((group) => second.includes(group));
}

/** Is there another name that one who is called so may go by? */
export function hasNicknames(name: string): boolean {
  return groupsOf.has(name);
}

/** All names of the list. */
export function namesWithNicknames(): Iterable<string> {
  return groupsOf.keys();
}
