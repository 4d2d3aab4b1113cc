import { greatest } from './greatest.js';
import type { StageName } from './names.js';
import { conclude, isRepeated, type LastOfStage, type Listed, type Outline } from './outline.js';
import { counterBetween, type EventName, parseTagName, type StageEventName } from './tag-name.js';

/**
 * Gathers the tags of one artifact, in any order. Of most of them only the number in the listing is kept: there are many,
 * and what is said of the artifact rests upon a few.
 */
export interface Sketch {
  /** The numbers of all tags. */
  numbers: readonly number[];
  /** Takes a tag whose name is what lies between two places of a text, with the artifact's name and a mark before `body`. */
  add(number: number, text: string, from: number, body: number, to: number): void;
  /**
   * Tells the summary, or gives undefined where only tag objects can settle it (SPEC §3): where `conclude` does, and for a
   * deprecation or deregistration, whose date decides, and an uncounted or doubly counted stage event.
   */
  outline(listed: Listed): Outline | undefined;
}

const HASH = 0x23;

/** Begins to gather the tags of an artifact. */
export function sketch(): Sketch {
  const numbers: number[] = [];
  const registrations: number[] = [];
  const counters: number[] = [];
  const lastOf = new Map<StageName, LastOfStage>();
  const latest = greatest();
  // tags come in the order of their names, so that most are of the stage of the one before
  let last: { kind: StageEventName['kind']; stage: StageName; key: string } | undefined;
  let mayRepeat = false;
  let isOpen = false;

  const addStageEvent = (kind: StageEventName['kind'], stage: StageName, counter: number, number: number) => {
    counters.push(counter);
    const known = lastOf.get(stage);
    if (known === undefined) lastOf.set(stage, { kind, counter, number });
    else if (counter > known.counter) {
      known.kind = kind;
      known.counter = counter;
      known.number = number;
    }
  };
  const addName = (name: EventName, number: number, body: string): void => {
    if (name.kind === 'assignment' || name.kind === 'unassignment') {
      const { kind, stage, counter } = name;
      if (counter === undefined) {
        isOpen = true;
        return;
      }
      last = { kind, stage, key: body.slice(0, body.indexOf('#') + 1) };
      addStageEvent(kind, stage, counter, number);
    } else if (name.kind === 'registration') {
      // names without a counter are as different as their versions
      mayRepeat ||= name.counter !== undefined;
      registrations.push(number);
      latest.add(number, name.version);
    } else isOpen = true;
  };
  /** Takes what nearly all names are, without making more of them than it has to. */
  const addUsual = (number: number, text: string, body: number, to: number): boolean => {
    if (text.charCodeAt(body - 1) !== HASH) {
      const isPlain = latest.addPlain(number, text, body, to);
      if (isPlain) registrations.push(number);
      return isPlain;
    }
    const counter =
      last && text.startsWith(last.key, body) ? counterBetween(text, body + last.key.length, to) : -1;
    if (last && counter >= 0) addStageEvent(last.kind, last.stage, counter, number);
    return counter >= 0;
  };
  return {
    numbers,
    add: (number, text, from, body, to) => {
      if (!addUsual(number, text, body, to)) {
        const name = parseTagName(text.slice(from, to));
        if (name === undefined) return;
        addName(name, number, text.slice(body, to));
      }
      numbers.push(number);
    },
    outline: (listed) => {
      if (isOpen || hasTwins(counters) || (mayRepeat && isRepeated(registrations, listed))) return undefined;
      return conclude({ registrations, greatest: latest.number(), lastOf, listed });
    },
  };
}

/** Whether two of some numbers are the same. */
function hasTwins(numbers: readonly number[]): boolean {
  const sorted = Float64Array.from(numbers).sort();
  return sorted.some((number, index) => index > 0 && number === sorted[index - 1]);
}
