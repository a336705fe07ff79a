// What somebody asked for from another place than where it is done: the palette goes to the page, and the page does it.

export type Intent = 'new-function' | 'execute' | 'edit-data' | 'link-folder' | 'upload-code' | 'emit-event';

class Intents {
  #asked = $state<Intent | null>(null);

  ask(intent: Intent): void {
    this.#asked = intent;
  }

  /** Whether that was asked for; who takes it does it. For an effect. */
  take(intent: Intent): boolean {
    if (this.#asked !== intent) return false;
    this.#asked = null;
    return true;
  }
}

export const intents = new Intents();
