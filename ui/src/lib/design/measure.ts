// What a view of monospace rows must know of the page: its own size, and the width of a character.

/** Tells the size of a node, now and whenever it changes. */
export function sized(tell: (width: number, height: number) => void): (node: HTMLElement) => () => void {
  return (node) => {
    const measure = () => {
      tell(node.clientWidth, node.clientHeight);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    measure();
    return () => {
      observer.disconnect();
    };
  };
}

/** Characters in a ruler: so many that their width is told to a fraction of a pixel. */
export const RULER = '0'.repeat(50);

/** Tells the width of one character of a node that holds RULER. */
export function ruled(tell: (charWidth: number) => void): (node: HTMLElement) => void {
  return (node) => {
    const measure = () => {
      const wide = node.getBoundingClientRect().width / RULER.length;
      if (wide > 0) tell(wide);
    };
    measure();
    // The font arrives after the first layout.
    void document.fonts.ready.then(measure);
  };
}
