/**
 * Follows a running `reg ui`: gives this page as it is whenever tags have changed; what is typed in it stays. A page that nobody
 * sees does not ask, for a browser has few connections to one server.
 * @param mark what the page tells of
 */
export function followChanges(mark: string, draw: (page: Document) => void): void {
  const root = document.documentElement.dataset.root ?? '';
  let known = mark;
  let changes: EventSource | undefined;
  const take = async ({ data }: MessageEvent<string>): Promise<void> => {
    if (data === known) return;
    const answer = await fetch(location.href.replace(/#.*/, ''), { cache: 'no-store' }).catch(
      () => undefined,
    );
    if (!answer?.ok) return;
    known = data;
    draw(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  };
  const follow = (): void => {
    if (document.hidden) {
      changes?.close();
      changes = undefined;
    } else if (changes === undefined) {
      changes = new EventSource(`${root}changes`);
      changes.addEventListener('mark', take);
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
