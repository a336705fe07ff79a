// The window's two commands. The one module that names Tauri, loaded where there is a window.
import { invoke } from '@tauri-apps/api/core';

export function pickFolder(from: string): Promise<string | null> {
  return invoke('pick_folder', { from: from === '' ? null : from });
}

export function droppedFolder(): Promise<string | null> {
  return invoke('dropped_folder');
}
