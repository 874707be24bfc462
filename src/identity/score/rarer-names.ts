import { hasNicknames } from '../compare/nicknames.ts';
import { isKnownGivenName } from './common-names.ts';
import { NAMES_FROM_ABROAD } from './names-from-abroad.ts';

/** Given names that one in some thousand has in the United States (Census Bureau, 1990), beside those of `common-names.ts`. */
const RARER = new Set(
  `
norma diana robin gladys connie rodney curtis marvin wendy edith sherry sylvia chad thelma elaine marjorie esther joel rhonda randall
barry jay michele calvin darlene jill geraldine warren lorraine jerome regina alvin wesley gordon bernice dean annette june dana herman
vivian roberta glen melanie loretta lester brent elsie gilbert reginald carla terri gertrude tonya milton wilma chester cecil duane agnes
vera charlene delores melinda arnold pearl harvey arlene cory tamara joy georgia darryl constance claudia christian marcia clinton marlene
heidi glenda lydia lonnie viola lance kurt dora mattie hugh maxine irma dwayne mabel dwight marsha lena jimmie christy everett deanna
patsy hilda wallace gwendolyn jennie jaime casey nina cassandra penny johnnie sidney byron carole julian brandy billie clifton willard
daryl leona virgil marshall miriam velma kirk bobbie toni misty mae terrance daisy ramona sherri katrina fredrick geneva belinda luther
faye wendell jeremiah natasha sabrina julius marguerite otis cecilia kristi brandi homer blanche rosie joanna hubert eunice lyle inez
lynda alberta rex carlton monique jodi cameron janie sonya blake grant candace horace fannie roderick maryann kerry opal willis rickey
melody ira flora johnathan shelley malcolm kristy damon lula kelvin lola verna preston beulah alton antoinette archie candice randolph
garry whitney karla bennie latoya shelia loren della delbert colin sheri earnest marianne kara jacquelyn noel erma myra myron edmund
garrett krista roxanne cedric lowell gregg robyn sherman adrienne devin rosalie sylvester brooke roosevelt bethany jermaine bernadette
forrest traci wilbert jody leland kendra nichole irving chelsea carroll mable bryant ernestine muriel rufus marcella woodrow krystal
angelina mack nadine kari estelle dianna paulette lora mona doreen ellis dallas desiree clint antonia hope janis orville christie freda
ervin dewey meredith lynette wilfred teri eula leigh sheldon eloise rochelle frankie gretchen cecelia doyle darrel henrietta jana alonzo
gwen elias jenna elbert laverne conrad olive tasha grady elvira cornelius lamar delia clay percy patti dexter bradford kellie merle sonja
lila amos lana terrell darla moses may irvin mindy saul essie roman darnell lorene tommie jeannie miranda winston dixie van lela dominick
johanna boyd shari shawna elisa cary ebony domingo melba ora nettie emmett tabitha marlon ollie emanuel jerald winifred edmond kristie
emil marina dewayne alisha aimee otto rena myrna marla tammie latasha bonita trent patrice ronda emmanuel sherrie addie louie francine
deloris lamont stacie garland cheri miles shelby micah celeste jewel cara heath adele rebekah harley lucinda demetrius dorthy eldon effie
rocky trina reba junior freddy sallie bryce lenora etta lottie kendall kerri royce trisha sterling mickey estella grover josie elton
tracie cleveland marissa karin damian janelle reuben stan laurel august helene fern jasper elva russel corinne erwin kelsey ina hans
bettie monte blaine ernie curt ingrid quentin iva agustin eugenia murray christa jamal goldie devon cassie adolfo maude harrison jenifer
tyson burton brady dena elliott lorna janette bart latonya jarrod candy vance damien tamika joaquin rosetta harlan debora cherie elliot
darwin dina jewell fay buddy jillian dorothea kermit roscoe trudy anton solomon kimberley scotty shanna norbert elvin cleo nolan stefanie
carey rod ola quinton janine
`
    .trim()
    .split(/\s+/),
);

/**
 * Is it a given name, frequent or not? Weaker than isKnownGivenName: in registers in which whole fields are wrong, these are found in place
 * of true names as often as in relatives. They count where something else speaks for two people.
 */
export function isGivenNameAtAll(name: string): boolean {
  return isKnownGivenName(name) || hasNicknames(name) || RARER.has(name) || NAMES_FROM_ABROAD.has(name);
}

/** The names that only this list has. */
export const RARER_NAMES: ReadonlySet<string> = RARER;
