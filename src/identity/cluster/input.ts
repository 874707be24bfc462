/** A record that is put into clusters, by its number in the list of nodes. */
export interface ClusterInput {
  /** How many records there are. They are in an order that depends on what they are, not on when they came. */
  size: number;
  /** Two records of which the source says nobody is entered twice: equal texts never meet; null meets everybody. */
  sources: readonly (string | null)[];
  /** By record, the source that it is of; left out where that is not known. */
  connections?: readonly string[] | undefined;
  /** Is there no given name, or no date of birth, in a record? */
  lacks: (a: number, what: 'given' | 'birth') => boolean;
  /** Pairs that a person decided are one, in the order of the decisions. */
  same: readonly (readonly [number, number])[];
  /** Pairs that a person decided are two. */
  different: readonly (readonly [number, number])[];
  /** Pairs that a rule makes one. */
  rules: readonly (readonly [number, number])[];
  /** Pairs that are linked by their score. */
  edges: readonly { a: number; b: number; score: number }[];
  /** Pairs that would be linked, were it not for a suffix that one of them leaves out. */
  near: readonly { a: number; b: number }[];
  /**
   * The score of any two records, what it would be if everything counted in full, and whether something keeps them apart. Asked for cross
   * pairs that nobody compared yet.
   */
  pair(a: number, b: number): Pair;
  /** The mean that two clusters need to be joined, and the least that a pair counts in it. */
  join: { mean: number; least: number };
  /** The score from which on a pair is linked. By as much a cluster must be likelier than a rival that is somebody else. */
  link: number;
}

export interface Pair {
  score: number;
  full: number;
  /** Something says that they are two people, and not that too little is known: it keeps whole clusters apart. */
  vetoed: boolean;
  /** What given names and birth dates say: 1, one person; -1, two people, as Robert and Nancy of one household; 0, nothing. */
  person: number;
  /** 1: the birth dates agree; -1: they are two days in two years; 0: that is open. */
  birth: number;
  /** 1: the given names agree; -1: they are two names; 0: that is open. */
  given: number;
  /** The same of the surnames. */
  surname: number;
  /** Two given names at one birth date: twins, or one person who is also called by another name. */
  twins: boolean;
  /** Both given names and both birth dates are there and agree. */
  sure: boolean;
  /** Both birth dates are there, and are not one date typed in two ways. */
  bornApart: boolean;
  /** An e-mail address that holds the given name is the same. */
  ownMail: boolean;
  /** 1: the phones are the same; -1: they are two; 0: that is open. */
  phone: number;
  /** The same of the middle names. */
  middle: number;
  /** One goes by the middle name of the other and was born on that day. */
  byMiddle: boolean;
  /** They live in one house. */
  sameHome: boolean;
  /** Both are Jr, or both Sr. */
  sameSuffix: boolean;
  /** If both are of one source, it has entered two people of a house: with two forms of one name, or one with and one without a birth date. */
  twoEntries: boolean;
  /** Two of one name in one house, who were born in two years. */
  namesakes: boolean;
  /** One is Jr or Sr, the other has no suffix, and nothing tells whether it is the other one of that name. */
  suffixMissing: boolean;
  /** They are, and neither a phone nor an e-mail address agrees where they could be compared. */
  strangers: boolean;
}

/** A pair of which nothing says anything. */
export const NOTHING_SAID: Pair = {
  score: 0,
  full: 0,
  vetoed: false,
  person: 0,
  birth: 0,
  given: 0,
  surname: 0,
  twins: false,
  sure: false,
  bornApart: false,
  ownMail: false,
  phone: 0,
  middle: 0,
  byMiddle: false,
  sameHome: false,
  sameSuffix: false,
  twoEntries: false,
  namesakes: false,
  suffixMissing: false,
  strangers: false,
};
