/** The first `most` rows of each origin, in the order given: one slow app's backlog must not fill a claim. Pure. */
export function fewOfEach<Row extends { readonly origin: string }>(rows: readonly Row[], most: number): readonly Row[] {
  const counts = new Map<string, number>();
  return rows.filter(({ origin }) => {
    const count = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, count);
    return count <= most;
  });
}
