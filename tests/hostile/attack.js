// What a hostile page tries, from inside the page. Loaded by pages of the test's own, never by the product.
//
// `attack.all(origin, cast)` resolves to a list of [what, outcome]: `no answer`, `opaque` (sent, but the page sees
// nothing) or the status that the page could read. Each try is bounded in time, since some answers never come.
(() => {
  const PATIENCE_MS = 4000;

  const within = (promise, late = 'late') =>
    Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(late), PATIENCE_MS))]);

  /** What needs no header and so no preflight. */
  const withProject = (url, project) => `${url}${url.includes('?') ? '&' : '?'}project=${project}`;

  async function send(url, init) {
    try {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), PATIENCE_MS);
      const answer = await fetch(url, { ...init, signal: abort.signal });
      if (answer.type === 'opaque' || answer.type === 'opaqueredirect') return 'opaque';
      return answer.status;
    } catch {
      return 'no answer';
    }
  }

  /** Every way in which a page can send a GET and look at the answer. */
  async function reads(origin, path, project) {
    const url = origin + path;
    const asked = withProject(url, project);
    const named = { 'x-appwrite-project': project };
    const tries = {
      cors: () => send(url, { mode: 'cors', credentials: 'include', headers: named }),
      'cors as a simple request': () => send(asked, { mode: 'cors', credentials: 'include' }),
      'cors in admin mode': () => send(url, { mode: 'cors', credentials: 'include', headers: { ...named, 'x-appwrite-mode': 'admin' } }),
      'cors with a made-up proof': () => send(url, { mode: 'cors', credentials: 'include', headers: { ...named, 'x-appwrite-mode': 'admin', 'x-drydock-console': '1' } }),
      'cors without cookies': () => send(url, { mode: 'cors', credentials: 'omit', headers: named }),
      'no-cors': () => send(asked, { mode: 'no-cors', credentials: 'include' }),
      'no-cors, HEAD': () => send(asked, { method: 'HEAD', mode: 'no-cors', credentials: 'include' }),
      'same-origin': () => send(asked, { mode: 'same-origin', credentials: 'include' }),
    };
    return outcomes(`GET ${path}`, tries);
  }

  /** Every way in which a script can send a change. */
  async function changes(origin, { method, path, body }, project) {
    const url = origin + path;
    const asked = withProject(url, project);
    const json = JSON.stringify(body);
    const named = { 'x-appwrite-project': project, 'content-type': 'application/json' };
    const tries = {
      cors: () => send(url, { method, mode: 'cors', credentials: 'include', headers: named, body: json }),
      'cors in admin mode': () => send(url, { method, mode: 'cors', credentials: 'include', headers: { ...named, 'x-appwrite-mode': 'admin' }, body: json }),
      'cors with a made-up proof': () => send(url, { method, mode: 'cors', credentials: 'include', headers: { ...named, 'x-appwrite-mode': 'admin', 'x-drydock-console': '1' }, body: json }),
      'cors as a simple request': () => send(asked, { method, mode: 'cors', credentials: 'include', body: json }),
    };
    if (method === 'POST') {
      const form = new FormData();
      for (const [name, value] of Object.entries(body)) form.append(name, value);
      tries['no-cors, text'] = () => send(asked, { method, mode: 'no-cors', credentials: 'include', body: json });
      tries['no-cors, form'] = () => send(asked, { method, mode: 'no-cors', credentials: 'include', body: new URLSearchParams(body) });
      tries['no-cors, multipart'] = () => send(asked, { method, mode: 'no-cors', credentials: 'include', body: form });
      tries['no-cors, no referrer'] = () => send(asked, { method, mode: 'no-cors', credentials: 'include', referrerPolicy: 'no-referrer', body: new URLSearchParams(body) });
      tries.beacon = async () => (navigator.sendBeacon(asked, new URLSearchParams(body)) ? 'opaque' : 'no answer');
      tries['form in a frame'] = () => formInFrame(asked, body, 'application/x-www-form-urlencoded');
      tries['multipart form in a frame'] = () => formInFrame(asked, body, 'multipart/form-data');
      tries['text form in a frame'] = () => formInFrame(asked, body, 'text/plain');
      tries['form of a sandboxed frame'] = () => sandboxedForm(asked, body);
    }
    return outcomes(`${method} ${path}`, tries);
  }

  async function outcomes(what, tries) {
    // At once, as a hostile page would, and it saves time.
    return Promise.all(Object.entries(tries).map(async ([how, attempt]) => [`${what}: ${how}`, await within(attempt())]));
  }

  function element(name, attributes, parent = document.body) {
    const made = Object.assign(document.createElement(name), attributes);
    parent.append(made);
    return made;
  }

  const loaded = (made) =>
    new Promise((resolve) => {
      made.addEventListener('load', () => resolve('opaque'));
      made.addEventListener('error', () => resolve('no answer'));
    });

  function fill(form, body) {
    for (const [name, value] of Object.entries(body)) element('input', { type: 'hidden', name, value: String(value) }, form);
    return form;
  }

  let frames = 0;
  function formInFrame(action, body, enctype) {
    const name = `frame-${(frames += 1)}`;
    const frame = element('iframe', { name });
    const form = fill(element('form', { method: 'post', action, enctype, target: name }), body);
    const done = loaded(frame);
    form.submit();
    return done;
  }

  /** Its document has an origin of its own, which browsers write as `null`. */
  function sandboxedForm(action, body) {
    const inputs = Object.entries(body).map(([name, value]) => `<input name="${name}" value="${String(value)}">`);
    const frame = element('iframe', { sandbox: 'allow-scripts allow-forms' });
    let loads = 0;
    const done = new Promise((resolve) => {
      frame.addEventListener('load', () => (loads += 1) > 1 && resolve('opaque'));
    });
    // Only after its own load, or that one and the answer's would be the same event.
    const submit = 'onload = () => setTimeout(() => document.forms[0].submit())';
    frame.srcdoc = `<form method=post action="${action}">${inputs.join('')}</form><script>${submit}<\/script>`;
    return done;
  }

  /** Elements and connections that carry cookies without a fetch. */
  async function elements(origin, path, project) {
    const asked = withProject(origin + path, project);
    const socket = asked.replace(/^http/, 'ws');
    return outcomes(`GET ${path}`, {
      image: () => loaded(element('img', { src: asked })),
      'image with cors': () => loaded(element('img', { crossOrigin: 'use-credentials', src: asked })),
      script: () => loaded(element('script', { src: asked })),
      module: () => import(asked).then(() => 200, () => 'no answer'),
      style: () => loaded(element('link', { rel: 'stylesheet', href: asked })),
      prefetch: () => loaded(element('link', { rel: 'prefetch', href: asked })),
      frame: async () => {
        const frame = element('iframe', { src: asked });
        await loaded(frame);
        try {
          return `read ${frame.contentDocument.body.innerText.length} characters`;
        } catch {
          return 'opaque';
        }
      },
      EventSource: () => opened(new EventSource(asked)),
      'EventSource with cookies': () => opened(new EventSource(asked, { withCredentials: true })),
      WebSocket: () => refused(new WebSocket(socket)),
    });
  }

  function opened(connection) {
    return new Promise((resolve) => {
      connection.onopen = () => resolve('opened');
      connection.onmessage = () => resolve('read a message');
      connection.onerror = () => {
        connection.close();
        resolve('no answer');
      };
    });
  }

  /** Of a WebSocket a page is told why it may have none, as an error and nothing else; `late` where it stays open. */
  function refused(socket) {
    const heard = [];
    return new Promise((resolve) => {
      socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
      socket.onclose = () => {
        const [first, ...more] = heard;
        if (!first) resolve('no answer');
        else if (first.type === 'error' && !more.length) resolve(`refused: ${first.data.message}`);
        else resolve(`read ${heard.length} messages`);
      };
    });
  }

  window.attack = {
    async all(origin, { project, paths, changes: wanted }) {
      const list = [];
      for (const path of paths) {
        list.push(...(await reads(origin, path, project)), ...(await elements(origin, path, project)));
      }
      for (const change of wanted) list.push(...(await changes(origin, change, project)));
      return list;
    },
  };
})();
