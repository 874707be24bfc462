/** Invented town, common names. Accents and apostrophes are here because real exports break on them. */
export const FEMALE = names(`
  Mary, Patricia, Jennifer, Linda, Elizabeth, Barbara, Susan, Jessica, Margaret, Sarah, Karen, Nancy, Lisa, Betty, Sandra, Ashley,
  Kimberly, Emily, Donna, Michelle, Carol, Amanda, Melissa, Deborah, Stephanie, Rebecca, Laura, Helen, Amy, Kathleen, Angela, Anna,
  Brenda, Pamela, Nicole, Samantha, Katherine, Christine, Rachel, Carolyn, Janet, Maria, Olivia, Heather, Diane, Julie, Joyce,
  Victoria, Kelly, Lauren, Sofía, Zoë, Inés, Chloe, Grace, Hannah, Ruth, Alice
`);
export const MALE = names(`
  James, Robert, John, Michael, William, David, Richard, Joseph, Thomas, Charles, Christopher, Daniel, Matthew, Anthony, Mark,
  Donald, Steven, Paul, Andrew, Joshua, Kenneth, Kevin, Brian, George, Timothy, Ronald, Edward, Jason, Jeffrey, Ryan, Jacob, Gary,
  Nicholas, Eric, Jonathan, Stephen, Larry, Justin, Scott, Brandon, Benjamin, Samuel, Gregory, Frank, Alexander, Raymond, Patrick,
  Jack, Dennis, Peter, José, André, Jürgen, Henry, Noah, Owen, Walter, Luis
`);
export const LAST = names(`
  Smith, Johnson, Williams, Brown, Jones, García, Miller, Davis, Rodriguez, Martinez, Hernandez, Lopez, Gonzalez, Wilson, Anderson,
  Thomas, Taylor, Moore, Jackson, Martin, Lee, Perez, Thompson, White, Harris, Sanchez, Clark, Ramirez, Lewis, Robinson, Walker,
  Young, Allen, King, Wright, Scott, Torres, Nguyen, Hill, Flores, Green, Adams, Nelson, Baker, Hall, Rivera, Campbell, Mitchell,
  Carter, Roberts, Peña, O'Brien, Müller, Núñez, O'Connor, Lefèvre, Van Dyke, St. Clair, McAllister, D'Angelo, Phillips, Evans,
  Turner, Parker, Collins, Edwards, Stewart, Morris, Murphy, Cook, Rogers, Morgan, Cooper, Peterson, Bailey, Reed, Kelly, Howard,
  Ward, Cox, Richardson, Wood, Watson, Brooks, Bennett, Gray, Hughes, Price, Myers, Long, Foster, Sanders, Ross, Morales, Powell,
  Sullivan, Russell, Ortiz, Jenkins, Perry, Butler, Barnes, Fisher, Henderson, Coleman, Simmons, Patterson, Jordan, Reynolds,
  Graham, Kim, Griffin, Kowalski, Fitzgerald, Whitaker, Abbott, Lindqvist
`);

/** What people are called at the counter. A name that is missing here is always written in full. */
export const NICKNAMES: Readonly<Record<string, string>> = Object.fromEntries(
  names(`
  Robert Bob, William Bill, Richard Rick, James Jim, John Jack, Michael Mike, Joseph Joe, Thomas Tom, Charles Chuck,
  Christopher Chris, Daniel Dan, Matthew Matt, Anthony Tony, Steven Steve, Andrew Andy, Joshua Josh, Kenneth Ken, Timothy Tim,
  Ronald Ron, Edward Ed, Jeffrey Jeff, Nicholas Nick, Jonathan Jon, Benjamin Ben, Samuel Sam, Gregory Greg, Alexander Alex,
  Raymond Ray, Patrick Pat, Peter Pete, Henry Hank, Patricia Pat, Jennifer Jen, Elizabeth Liz, Barbara Barb, Susan Sue,
  Margaret Peggy, Nancy Nan, Sandra Sandy, Kimberly Kim, Michelle Shelly, Amanda Mandy, Deborah Debbie, Stephanie Steph,
  Rebecca Becky, Kathleen Kathy, Angela Angie, Pamela Pam, Samantha Sam, Katherine Kate, Christine Chris, Victoria Vicky,
  Jessica Jess, Melissa Missy
`).map((pair) => pair.split(' ')),
);

export const STREETS = names(`
  Maple Street, Oak Avenue, Elm Street, Cedar Lane, Pine Road, Birch Drive, Main Street, Church Street, Mill Road, River Road,
  Park Avenue, Washington Avenue, Highland Avenue, School Street, Spring Street, Orchard Lane, Hillside Drive, Meadow Lane,
  Lakeview Drive, Prospect Street, Willow Court, Sycamore Drive, Chestnut Street, Union Street, Depot Road, Quarry Road,
  Franklin Street, Summit Avenue
`);
export const SUFFIX_SHORT: Readonly<Record<string, string>> = {
  Street: 'St',
  Avenue: 'Ave',
  Lane: 'Ln',
  Road: 'Rd',
  Drive: 'Dr',
  Court: 'Ct',
};

export const DOG_NAMES = names(`
  Bella, Max, Luna, Charlie, Lucy, Cooper, Daisy, Buddy, Bailey, Rocky, Sadie, Tucker, Molly, Bear, Maggie, Duke, Sophie, Toby,
  Chloe, Jack, Penny, Oliver, Zoey, Winston, Stella, Murphy, Rosie, Gus, Ruby, Scout, Pepper, Moose, Hazel, Finn, Olive, Otis,
  Willow, Jasper, Nala, Samson
`);
export const BREEDS = names(`
  Labrador Retriever, Golden Retriever, German Shepherd, Beagle, Mixed, Poodle, Boxer, Dachshund, Shih Tzu, Yorkshire Terrier,
  Siberian Husky, Border Collie, Pug, Chihuahua, Australian Shepherd, Cocker Spaniel, Jack Russell Terrier, Greyhound
`);
export const COLORS = names(`
  Black, Brown, White, Black/White, Brindle, Tan, Golden, Gray, Red, Tricolor
`);

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
