// Which rows of a long table are in the page: those in sight and some around them. Rows are of one height, and whatever is
// above and below is one empty row each; the scroll bar is the browser's own.

/** Rows beyond both edges: as many as one turn of a wheel moves. */
const AROUND = 12;
/** The window moves by so many rows at once, so that not every pixel of a scroll makes new ones. */
const STEP = 8;
/** Of tables.css; what a row really measures is asked as soon as there is one. */
const ROW_HEIGHT = 40;
/** Before anything was measured: what fills most screens. */
const AT_FIRST = 40;

function scrollerOf(node: HTMLElement): HTMLElement {
  for (let at = node.parentElement; at !== null; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.documentElement;
}

export class Sight {
  /** The first row that is in the page, and the first that is not any more. */
  from = $state(0);
  to = $state(AT_FIRST);
  rowHeight = $state(ROW_HEIGHT);
  #table: HTMLTableElement | null = null;
  #scroller: HTMLElement | null = null;

  /** Attached to the table. */
  readonly watch = (table: HTMLTableElement): (() => void) => {
    const scroller = scrollerOf(table);
    this.#table = table;
    this.#scroller = scroller;
    const look = () => {
      this.#look();
    };
    const observer = new ResizeObserver(look);
    observer.observe(scroller);
    scroller.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener('scroll', look);
      this.#table = this.#scroller = null;
    };
  };

  /** Scrolls so that this row is seen, if it is not. */
  show(row: number): void {
    const [table, scroller] = [this.#table, this.#scroller];
    if (table === null || scroller === null) return;
    const head = table.tHead?.offsetHeight ?? 0;
    const top = row * this.rowHeight - this.#above();
    if (top >= 0 && top + this.rowHeight + head <= scroller.clientHeight) return;
    scroller.scrollTop += top - Math.max(0, scroller.clientHeight - head - this.rowHeight) / 2;
    this.#look();
  }

  /** The row at the upper edge; null at the beginning of the list. */
  get edge(): number | null {
    const above = this.#above();
    return above <= 0 ? null : Math.floor(above / this.rowHeight);
  }

  /** Keeps what is seen where it is: so many rows were put above it. */
  moved(rows: number): void {
    if (this.#scroller === null || rows === 0) return;
    this.#scroller.scrollTop += rows * this.rowHeight;
    this.#look();
  }

  /** How much of the rows is above the edge. */
  #above(): number {
    if (this.#table === null || this.#scroller === null) return 0;
    return this.#scroller.getBoundingClientRect().top - this.#table.getBoundingClientRect().top;
  }

  #look(): void {
    if (this.#table === null || this.#scroller === null) return;
    const row = this.#table.querySelector('tbody > tr[data-row]')?.getBoundingClientRect().height ?? 0;
    if (row > 0) this.rowHeight = row;
    const first = this.#above() / this.rowHeight;
    const last = first + this.#scroller.clientHeight / this.rowHeight;
    this.from = Math.max(0, Math.floor((first - AROUND) / STEP) * STEP);
    this.to = Math.max(AROUND, Math.ceil((last + AROUND) / STEP) * STEP);
  }
}
