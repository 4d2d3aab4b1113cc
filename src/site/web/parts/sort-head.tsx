import type { ComponentChildren, JSX } from 'preact';
import { useHasStarted } from '../has-started.js';

interface Props {
  column: string;
  /** The column that rows are sorted by, `-` before it for the other way round. */
  sort: string;
  onSort: (column: string) => void;
  children: ComponentChildren;
}

/** The head of a column by which rows can be sorted. */
export function SortHead({ column, sort, onSort, children }: Props): JSX.Element {
  const order = sort === column ? 'ascending' : sort === `-${column}` ? 'descending' : 'none';
  return (
    <th scope="col" aria-sort={order}>
      {useHasStarted() ? (
        <button type="button" class="sort" onClick={() => onSort(column)}>
          {children}
        </button>
      ) : (
        children
      )}
    </th>
  );
}
