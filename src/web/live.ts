/** Asks the running `reg ui` to tell when tags change, and gives this page as it is then; what is typed in it stays. */
export function followChanges(draw: (page: Document) => void): void {
  const root = document.documentElement.dataset.root ?? '';
  const changes = new EventSource(`${root}changes`);
  changes.addEventListener('change', async () => {
    const answer = await fetch(location.href.replace(/#.*/, ''), { cache: 'no-store' });
    if (answer.ok) draw(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  });
  addEventListener('pagehide', () => changes.close());
}
