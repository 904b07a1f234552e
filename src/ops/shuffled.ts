/** The same in a random order, each as likely as any other; `random` answers numbers from 0 up to 1, as `Math.random` does. */
export function shuffled<T>(rows: readonly T[], random: () => number = Math.random): readonly T[] {
  return rows
    .map((row) => ({ row, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ row }) => row);
}
