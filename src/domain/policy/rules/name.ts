import type { Rule } from '../judge.js';

/** The tag object calls itself what its ref is called, so that no tag, signed or not, passes for another one. */
export const name: Rule = ({ event, stage }) =>
  event.ownName === undefined
    ? undefined
    : {
        rule: 'name',
        message: `${event.tag} holds the tag object of '${event.ownName}', so it says nothing about ${stage}`,
        hint: 'a tag is made under its own name; delete this one',
      };
