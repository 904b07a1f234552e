/** How far a store is. `version` 0: nothing was ever made in it; above `known`: a newer program has been here. */
export interface SchemaState {
  readonly version: number;
  /** This program's. */
  readonly known: number;
}
