import type { JSX } from 'preact';

/** Says why what an address asks for is not shown, and what is shown in its place. */
export const ProblemNote = ({
  problem,
  shown,
}: {
  problem: string | undefined;
  shown: string;
}): JSX.Element | null =>
  problem === undefined ? null : (
    <p class="problem" role="alert">
      {problem} {shown}
    </p>
  );
