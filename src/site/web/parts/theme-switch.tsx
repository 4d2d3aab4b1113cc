import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useHasStarted } from '../has-started.js';

const CHOICES = ['auto', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];
const KEY = 'reg-theme';

const isChoice = (text: unknown): text is Choice => CHOICES.some((one) => one === text);

/** Lets the reader choose light or dark instead of what the system says. */
export function ThemeSwitch(): JSX.Element {
  const [choice, choose] = useState<Choice>('auto');
  useEffect(() => {
    const stored = remembered();
    if (isChoice(stored)) choose(stored);
  }, []);
  useEffect(() => {
    if (choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  }, [choice]);
  const take = (value: string): void => {
    if (!isChoice(value)) return;
    choose(value);
    remember(value);
  };
  return (
    <label class="theme" hidden={!useHasStarted()}>
      <span>Theme</span>
      <select value={choice} onChange={({ currentTarget: { value } }) => take(value)}>
        {CHOICES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A browser may refuse to remember anything, as some do for files. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(choice: Choice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // then the choice is this page's alone
  }
}
