// Attachments for tables whose rows lead somewhere.

// A click anywhere in a row is a click on its first link.
// The link stays the real control (keyboard, new tab, screen readers); this only makes the target larger.

export function rowsFollowLinks(table: HTMLTableElement): () => void {
  const follow = (event: MouseEvent) => {
    if (!(event.target instanceof Element) || event.target.closest('a, button, input, select, details') !== null) return;
    // Somebody who selects an id to copy it does not want to leave.
    if (getSelection()?.isCollapsed === false) return;
    const link = event.target.closest('tr[data-row]')?.querySelector('a');
    link?.dispatchEvent(new MouseEvent('click', event));
  };
  table.addEventListener('click', follow);
  return () => {
    table.removeEventListener('click', follow);
  };
}

/** Looking at one row makes the list smaller: that row, which is the current one, stays in sight. */
export function keepsInSight(currentId: string | null): (table: HTMLTableElement) => void {
  return (table) => {
    if (currentId !== null) table.querySelector('tr[aria-current]')?.scrollIntoView({ block: 'nearest' });
  };
}
