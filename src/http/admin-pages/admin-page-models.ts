/**
 * What pages for operators are made of, see `page-models.ts`. Their words are part of it: these pages speak English only, as
 * use cases, API and audit do (docs/decisions/0023-operator-pages.md). A page is a headline and a few kinds of blocks, so
 * that what is hard (tables on a phone, what is wrong with a form, times) is made once, in `admin-block.eta`.
 */
import type { HiddenField } from '../page-models.ts';

export interface AdminPageModels {
  readonly admin: AdminPage;
}

export interface AdminPage extends Omit<Sheet, 'status'> {
  readonly nav: readonly NavLink[];
  /** Who is at work here, and as what. */
  readonly operator: string;
  readonly now: number;
}

/** What one page says; `admin-frame.ts` puts the frame around it. */
export interface Sheet {
  readonly headline: string;
  /** Where one comes from: the list above one thing. */
  readonly above?: Link;
  /** What moves while one looks, above the blocks. */
  readonly live?: Live;
  readonly blocks: readonly Block[];
  /** 200 where it does not say. */
  readonly status?: number;
}

/** A part of a page that keeps itself up to date where script runs; without script it is as it was when it was made. */
export interface Live {
  /** Address of its event stream, whose every message says that the page is worth another look. */
  readonly events: string;
  /** Changes when the blocks of the page do, too: what can be done then is something else. */
  readonly state: string;
  /** What screen readers hear whenever it changes; so it holds no numbers that run. */
  readonly summary: string;
  /** Nothing will move any more. */
  readonly over: boolean;
  readonly blocks: readonly Block[];
}

export interface Link {
  readonly text: string;
  readonly href: string;
}

export interface NavLink extends Link {
  readonly current: boolean;
}

export type Block =
  | { readonly kind: 'words'; readonly cell: Cell }
  | { readonly kind: 'heading'; readonly text: string }
  /** `calm` where something was done or is to be known, `bad` where something went wrong. */
  | { readonly kind: 'notice'; readonly tone: 'calm' | 'bad'; readonly cell: Cell }
  | { readonly kind: 'points'; readonly cells: readonly Cell[] }
  | { readonly kind: 'facts'; readonly rows: readonly Fact[] }
  | Table
  | FormBlock
  | FilterBlock
  /** Links that look like buttons: what leads on to a page of its own, and the pages of a list. */
  | { readonly kind: 'links'; readonly links: readonly Link[] }
  /** Forms of one button each. */
  | { readonly kind: 'buttons'; readonly buttons: readonly FormButton[] }
  /** What is copied as it stands: a file. */
  | { readonly kind: 'listing'; readonly name: string; readonly text: string }
  /** What nobody is shown again. */
  | { readonly kind: 'secret'; readonly label: string; readonly text: string }
  | { readonly kind: 'progress'; readonly label: string; readonly done: number; readonly all: number };

export interface Fact {
  readonly label: string;
  readonly cell: Cell;
}

/** Rows that become cards where there is no room. */
export interface Table {
  readonly kind: 'table';
  /** What is in it, for whoever does not see where it stands. */
  readonly caption: string;
  readonly columns: readonly string[];
  /** Over the buttons of its rows. */
  readonly acts: string;
  readonly rows: readonly TableRow[];
  /** Said instead of a table without rows. */
  readonly none: string;
}

export interface TableRow {
  /** As many as there are columns; the first names the row. */
  readonly cells: readonly Cell[];
  readonly buttons?: readonly FormButton[];
}

export type Cell =
  | { readonly kind: 'text'; readonly text: string; readonly soft: boolean }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  /** Epoch milliseconds. */
  | { readonly kind: 'time'; readonly instant: number }
  | { readonly kind: 'chip'; readonly tone: Tone; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** Beside each other. */
  | { readonly kind: 'several'; readonly cells: readonly Cell[] }
  /** Below each other. */
  | { readonly kind: 'lines'; readonly cells: readonly Cell[] };

/** How a state looks, by shape and by colour: the icons of receipts. */
export type Tone = 'told' | 'trying' | 'refused' | 'given-up' | 'moot' | 'cannot-be-told';

/** A POST of one button. */
export interface FormButton {
  readonly action: string;
  readonly hidden: readonly HiddenField[];
  readonly text: string;
  /** More of its name, for whoever does not see in which row it stands. */
  readonly unseen?: string;
}

/** A POST. What is wrong with what was sent stands above it and beside each field, in the words of the use case. */
export interface FormBlock {
  readonly kind: 'form';
  readonly action: string;
  readonly hidden: readonly HiddenField[];
  readonly fields: readonly ShownField[];
  readonly button: string;
  readonly drastic: boolean;
  readonly backHref?: string;
  /** What it is for, where it stays out of the way until it is wanted. */
  readonly folded?: string;
  /** All that is wrong, in the order of the fields. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly words: string;
  /** The id of its field; undefined where it is about all of them, or about what the form does not show. */
  readonly fieldId?: string;
}

/** A GET; what it asks for stands in the address. */
export interface FilterBlock {
  readonly kind: 'filter';
  readonly action: string;
  readonly fields: readonly ShownField[];
  readonly button: string;
  /** Shows all again; only where something is left out. */
  readonly clear?: Link;
}

export interface Field {
  /** The member of the use case's input that it fills; dots as in `logout.scope`. */
  readonly name: string;
  readonly label: string;
  readonly input: FieldInput;
  readonly hint?: string;
  /** For `select`, `radio` and `checks`. */
  readonly options?: readonly Option[];
  /** Preset; of `lines` and `checks` one a line. `yes` ticks a `check`. */
  readonly value?: string;
  /** `autocomplete` of the browser; `off` when absent. */
  readonly autocomplete?: string;
  /** The heading of those fields that begin here, in a long form. */
  readonly group?: string;
}

/** `lines`: one value a line. `checks`: any number of its options. `check`: yes or no. */
export type FieldInput = 'text' | 'password' | 'number' | 'area' | 'lines' | 'select' | 'radio' | 'check' | 'checks';

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface ShownField extends Field {
  readonly id: string;
  /** What is wrong with it; empty when nothing is. */
  readonly problems: readonly string[];
  /** Of the options of `select`, `radio` and `checks`, those chosen. */
  readonly chosen: readonly string[];
}
