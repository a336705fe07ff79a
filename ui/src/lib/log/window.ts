// Which rows of a long list are on screen. Pure arithmetic: the log view measures, this decides.
// Browsers cap the height of an element (about 17 million px in one of them), so past CANVAS_LIMIT the scroll bar is
// scaled: a pixel of it then stands for more than a pixel of rows.

export const CANVAS_LIMIT = 8_000_000;

/** Heights of rows: all alike, or (wrapped) each by the number of columns its text needs. */
export interface Heights {
  total(): number;
  /** Top of the row, in pixels of the unscaled list. */
  top(row: number): number;
  /** The row that covers that pixel. */
  at(pixel: number): number;
}

export function evenHeights(rows: number, rowHeight: number): Heights {
  return {
    total: () => rows * rowHeight,
    top: (row) => row * rowHeight,
    at: (pixel) => Math.min(Math.max(0, rows - 1), Math.max(0, Math.floor(pixel / rowHeight))),
  };
}

/** Tops of rows that wrap; grows with the list and forgets everything when the width changes. */
export class WrappedHeights implements Heights {
  readonly #tops: number[] = [0];

  constructor(
    readonly columns: number,
    readonly rowHeight: number,
  ) {}

  get rows(): number {
    return this.#tops.length - 1;
  }

  /** Adds rows until there are as many as `lengths` tells. Those from `keep` on are measured anew (the last may have grown). */
  extend(rows: number, keep: number, length: (row: number) => number): void {
    this.#tops.length = Math.min(this.#tops.length, Math.max(0, keep) + 1);
    for (let row = this.rows; row < rows; row += 1) {
      const lines = Math.max(1, Math.ceil(length(row) / this.columns));
      this.#tops.push((this.#tops[row] ?? 0) + lines * this.rowHeight);
    }
  }

  total(): number {
    return this.#tops[this.rows] ?? 0;
  }

  top(row: number): number {
    return this.#tops[Math.min(row, this.rows)] ?? 0;
  }

  at(pixel: number): number {
    let low = 0;
    let high = Math.max(0, this.rows - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= pixel) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export interface Slice {
  first: number;
  /** One past the last. */
  end: number;
  /** Where the first row stands inside the canvas. */
  offset: number;
  /** Height of the canvas that is scrolled. */
  canvas: number;
}

/** Rows drawn beyond each edge, so that a fast wheel meets text instead of blank. */
const OVERSCAN = 12;

export function visible(heights: Heights, rows: number, scrollTop: number, viewport: number): Slice {
  const total = heights.total();
  const canvas = Math.min(total, CANVAS_LIMIT);
  if (rows === 0) return { first: 0, end: 0, offset: 0, canvas: 0 };
  const pixel = toPixel(scrollTop, total, canvas, viewport);
  const first = Math.max(0, heights.at(pixel) - OVERSCAN);
  const end = Math.min(rows, heights.at(pixel + viewport) + 1 + OVERSCAN);
  return { first, end, offset: scrollTop - pixel + heights.top(first), canvas };
}

/** The scroll position that brings a row to the middle of the view. */
export function scrollTopFor(heights: Heights, row: number, viewport: number): number {
  const total = heights.total();
  const canvas = Math.min(total, CANVAS_LIMIT);
  const pixel = Math.min(Math.max(0, heights.top(row) - viewport / 2), Math.max(0, total - viewport));
  return total <= canvas || total <= viewport ? pixel : (pixel * (canvas - viewport)) / (total - viewport);
}

function toPixel(scrollTop: number, total: number, canvas: number, viewport: number): number {
  if (total <= canvas) return scrollTop;
  return (scrollTop * (total - viewport)) / (canvas - viewport);
}
