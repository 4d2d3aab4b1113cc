import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const CHOICES = ['auto', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];
const KEY = 'reg-theme';

const isChoice = (text: unknown): text is Choice => CHOICES.some((one) => one === text);

/** Lets the reader choose light or dark instead of what the system says. */
export function ThemeSwitch(): JSX.Element {
  const [choice, choose] = useState<Choice>('auto');
  // only a browser that runs scripts can switch
  const [isReady, ready] = useState(false);
  useEffect(() => {
    const stored = remembered();
    if (isChoice(stored)) choose(stored);
    ready(true);
  }, []);
  useEffect(() => {
    if (!isReady) return;
    if (choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    remember(choice);
  }, [choice, isReady]);
  return (
    <label class="theme" hidden={!isReady}>
      <span>Theme</span>
      <select value={choice} onChange={({ currentTarget: { value } }) => isChoice(value) && choose(value)}>
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
