/** How far a value lies on the way from one to another: 0 at the first, 1 at the second; half-way where these are the same. */
export const along = (value: number, from: number, to: number): number =>
  from === to ? 0.5 : (value - from) / (to - from);
