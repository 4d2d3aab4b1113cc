import type { Campaign } from '../support/writers.js';
import type { Damage } from '../support/writers-killed.js';

/** A number of the environment, so that a soak can be made shorter: `SOAK_CLIENTS=16 npm run soak`. */
export const numberFrom = (variable: string, otherwise: number): number =>
  Number(process.env[variable]) || otherwise;

/** Prints what came of many writers. */
export function printCampaign(title: string, { accepted, writes, failed, seconds, pushes }: Campaign): void {
  print(title, {
    'tags accepted': accepted.length,
    'writes accepted': writes,
    'writes given up': failed.length,
    'pushes tried': pushes,
    'pushes in vain': pushes - writes,
    seconds: Math.round(seconds),
    'writes per second': (writes / seconds).toFixed(2),
  });
}

/** Prints what many kills left behind. */
export function printDamage(title: string, { kills, late, locks, stuck, slow, seconds }: Damage): void {
  print(title, {
    kills,
    'after the tags were written': late,
    'locks left behind': locks.length,
    'next run failed, lock here': stuck.filter(({ where }) => where === 'here').length,
    'next run failed, lock at the remote': stuck.filter(({ where }) => where === 'at the remote').length,
    'next run failed, no lock': stuck.filter(({ where }) => where === 'nowhere').length,
    'next run took over 5 s': slow,
    seconds: Math.round(seconds),
  });
  for (const lock of new Set(locks.map((path) => path.replace(/\d+(\.\d+)*/g, 'N'))))
    console.log(`  ${lock}`);
}

function print(title: string, figures: Readonly<Record<string, number | string>>): void {
  const lines = Object.entries(figures).map(([what, figure]) => `  ${String(figure).padStart(8)}  ${what}`);
  console.log(`${title}\n${lines.join('\n')}`);
}
