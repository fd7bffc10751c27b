// The page: it shows what the WebSocket tells and sends what its user does. Nothing else is asked of
// the gateway, and nothing is kept here but the token.
'use strict';

// ---- Words ---------------------------------------------------------------------------------
// One table a language; a missing word falls back to English.
const WORDS = {
  en: {
    on: 'Connected', off: 'Not connected, trying again…', wait: 'Connecting…', gone: 'The gateway is offline',
    join: 'Add device', joining: 'Joining open', log: 'Log', close: 'Close', say: 'Say it', sayHint: 'Type a wish: turn on the bedroom lamp',
    done: 'Done', why: 'How it was understood', name: 'Name', room: 'Room', details: 'Details', remove: 'Remove', removeSure: 'Really remove?',
    cancel: 'Cancel', save: 'Save', token: 'Token', tokenTitle: 'This gateway wants its token', enter: 'Enter', noRoom: 'No room yet',
    empty: 'No devices yet. Press “Add device”, then the button on the device.', edit: 'Edit', offline: 'Offline', lost: 'No answer from the gateway',
    silent: 'no answer from the device', welcome: 'is here', nameIt: 'Name it', interviewing: 'Getting to know it…', failed: 'Did not answer all questions; wake it up or join it again',
    joined: 'joined', left: 'left the home', announce: 'is back', dropped: 'Message not sent: not connected',
    address: 'Address', model: 'Model', vendor: 'Maker', power: 'Power', firmware: 'Firmware', seen: 'Last heard', unset: '–', open: 'Open', stop: 'Stop', shut: 'Close',
    nearby: 'Nearby', nearbyTitle: 'Bluetooth nearby', nobody: 'Nothing that can be read was heard yet.', adopt: 'Add', adopted: 'Added', keyWanted: 'Bind key (32 digits)', bindKey: 'Bind key', ago: 's ago',
    moving: 'changes its address: describe it as a tracker', key_right: 'The key is right', key_wrong: 'The key is wrong', key_token: 'This is a token, not the key', key_missing: 'The key is missing', key_unchecked: 'Kept; checked when the device is next heard', key_not_needed: 'No key is needed', key_not_encrypted: 'Sends without its key', since: 'since',
    home: 'Home', not_home: 'Away',
    speak: 'Speak', micWhere: 'The browser lends its microphone only to pages over https, or on this very machine (localhost)', micDenied: 'The browser was not allowed to use the microphone', micFailed: 'The microphone does not work',
    yes: 'Yes', no: 'No', opened: 'Open', closed: 'Closed', quiet: 'Quiet', motion: 'Motion', dry: 'Dry', leak: 'Leak!', full: 'Good', low: 'Low',
    p: {},
  },
  ko: {
    on: '연결됨', off: '연결이 끊겨 다시 시도하는 중…', wait: '연결하는 중…', gone: '게이트웨이가 꺼져 있어요',
    join: '기기 추가', joining: '추가 가능', log: '기록', close: '닫기', say: '말하기', sayHint: '원하는 것을 적으세요: 침실 전등 켜 줘',
    done: '됐어요', why: '이렇게 이해했어요', name: '이름', room: '방', details: '자세히', remove: '제거', removeSure: '정말 제거할까요?',
    cancel: '취소', save: '저장', token: '토큰', tokenTitle: '이 게이트웨이는 토큰이 필요해요', enter: '확인', noRoom: '방 없음',
    empty: '아직 기기가 없어요. “기기 추가”를 누른 다음 기기의 버튼을 누르세요.', edit: '편집', offline: '오프라인', lost: '게이트웨이가 응답하지 않아요',
    silent: '기기가 응답하지 않아요', welcome: '연결됐어요', nameIt: '이름 짓기', interviewing: '기기를 알아보는 중…', failed: '기기가 다 답하지 않았어요. 깨우거나 다시 추가하세요',
    joined: '들어왔어요', left: '나갔어요', announce: '돌아왔어요', dropped: '연결되지 않아 보내지 못했어요',
    address: '주소', model: '모델', vendor: '제조사', power: '전원', firmware: '펌웨어', seen: '마지막 수신', unset: '–', open: '열기', stop: '정지', shut: '닫기',
    nearby: '주변', nearbyTitle: '주변 블루투스 기기', nobody: '아직 읽을 수 있는 기기가 없어요.', adopt: '추가', adopted: '추가됨', keyWanted: '바인드 키 (32자리)', bindKey: '바인드 키', ago: '초 전',
    moving: '주소가 바뀌는 기기예요. 추적기로 설정하세요', key_right: '키가 맞아요', key_wrong: '키가 틀려요', key_token: '키가 아니라 토큰이에요', key_missing: '키가 없어요', key_unchecked: '저장했어요. 다음 신호 때 확인해요', key_not_needed: '키가 필요 없어요', key_not_encrypted: '키 없이 보내요', since: '부터',
    home: '집', not_home: '외출',
    speak: '말로 하기', micWhere: '브라우저는 https 페이지나 이 기기(localhost)에서만 마이크를 쓸 수 있어요', micDenied: '브라우저가 마이크를 쓸 수 없게 되어 있어요', micFailed: '마이크가 작동하지 않아요',
    yes: '예', no: '아니요', opened: '열림', closed: '닫힘', quiet: '조용함', motion: '움직임', dry: '마름', leak: '누수!', full: '충분', low: '부족',
    p: {
      state: '전원', brightness: '밝기', color_temp: '색온도', temperature: '온도', humidity: '습도', pressure: '기압', battery: '배터리', voltage: '전압',
      power: '소비 전력', energy: '전력량', current: '전류', contact: '열림 감지', occupancy: '움직임', illuminance: '조도', position: '위치', linkquality: '신호', action: '동작', color: '색',
    },
  },
};
const LANG = (navigator.languages || ['en']).map((l) => l.slice(0, 2)).find((l) => WORDS[l]) || 'en';
const t = (word) => WORDS[LANG][word] || WORDS.en[word] || word;
const label = (expose) => WORDS[LANG].p[expose.name] || expose.label || pretty(expose.property || expose.name || '');
const pretty = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
const number = (value, digits = 2) => value.toLocaleString(LANG, { maximumFractionDigits: digits });

const $ = (id) => document.getElementById(id);
function el(tag, set = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(set)) {
    if (value === undefined) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key in node && key !== 'list') node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c !== null));
  return node;
}
function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.classList.add('icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

// ---- The wire ------------------------------------------------------------------------------
const waiting = new Map(); // transaction → {done, timer}
let socket = null;
let retry = 0;
let retryTimer = 0;
let count = 0;
const run = Math.random().toString(36).slice(2, 8);

function connect() {
  clearTimeout(retryTimer);
  link('wait');
  const url = new URL('api', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  const token = localStorage.getItem('token');
  if (token) url.searchParams.set('token', token);
  const ws = new WebSocket(url);
  socket = ws;
  ws.onopen = () => { retry = 0; };
  ws.onmessage = (event) => {
    let frame;
    try { frame = JSON.parse(event.data); } catch { return; }
    if (frame && typeof frame.topic === 'string') receive(frame.topic, frame.payload);
  };
  ws.onclose = (event) => {
    if (socket !== ws) return;
    socket = null;
    if (event.code === 4401) {
      link('off');
      if (!$('door').open) $('door').showModal();
      return;
    }
    link('off');
    retryTimer = setTimeout(connect, Math.min(1000 * 2 ** retry, 15000));
    retry += 1;
  };
}
function send(topic, payload) {
  if (!socket || socket.readyState !== WebSocket.OPEN) {
    toast(t('dropped'), 'error');
    return false;
  }
  socket.send(JSON.stringify({ topic, payload }));
  return true;
}
// A request of the bridge: resolves with the data of its response, rejects with its error.
function request(path, payload) {
  return new Promise((resolve, reject) => {
    const transaction = `${run}-${count += 1}`;
    const timer = setTimeout(() => finish(transaction, { status: 'error', error: t('lost') }), 20000);
    waiting.set(transaction, { resolve, reject, timer });
    if (!send(`bridge/request/${path}`, { ...payload, transaction })) finish(transaction, { status: 'error' });
  });
}
function finish(transaction, response) {
  const one = waiting.get(transaction);
  if (!one) return;
  waiting.delete(transaction);
  clearTimeout(one.timer);
  if (response.status === 'ok') one.resolve(response.data || {});
  else one.reject(new Error(response.error || ''));
}
const failed = (error) => { if (error.message) toast(error.message, 'error'); };

function link(state) {
  $('link').dataset.state = state;
  $('link-text').textContent = t(state === 'gone' ? 'gone' : state);
  if (state === 'gone') $('link').dataset.state = 'off';
}

// ---- The home, as heard --------------------------------------------------------------------
let devices = new Map(); // address → record
const states = new Map(); // name → {property: value}
const available = new Map(); // name → boolean
const heard = new Map(); // name → time
const cards = new Map(); // address → {node, update, key}
let joinEnd = 0;
let joinOpen = false;

function receive(topic, payload) {
  if (topic.startsWith('bridge/')) return bridge(topic.slice(7), payload);
  if (topic === 'voice/microphone') return microphoneHeard(payload || {});
  if (topic.startsWith('voice/')) return undefined;
  if (topic.endsWith('/availability')) {
    const name = topic.slice(0, -13);
    available.set(name, (payload && payload.state ? payload.state : payload) !== 'offline');
    return update(name);
  }
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return undefined;
  const before = states.get(topic);
  states.set(topic, { ...before, ...payload });
  heard.set(topic, new Date());
  return update(topic, before ? payload : null);
}

function bridge(topic, payload) {
  if (topic === 'state') {
    link((payload && payload.state) === 'offline' ? 'gone' : 'on');
  } else if (topic === 'info' && payload) {
    joinOpen = Boolean(payload.permit_join);
    joinEnd = joinOpen ? payload.permit_join_end || 0 : 0;
    const ble = payload.config && payload.config.ble;
    const voice = payload.config && payload.config.voice;
    $('say').hidden = Boolean(voice && voice.sentences === false);
    $('nearby-open').hidden = !(ble && ble.enabled);
    showJoin();
  } else if (topic === 'devices' && Array.isArray(payload)) {
    devices = new Map(payload.filter((d) => d.type !== 'Coordinator').map((d) => [d.ieee_address, d]));
    render();
  } else if (topic === 'event' && payload) {
    event(payload);
  } else if (topic === 'logging' && payload) {
    note(`${payload.message}`, payload.level);
    if (payload.level === 'error') toast(payload.message, 'error');
  } else if (topic.startsWith('response/') && payload) {
    if (payload.status === 'error') note(payload.error, 'error');
    if (payload.transaction !== undefined) finish(payload.transaction, payload);
  }
}

function event({ type, data = {} }) {
  const name = data.friendly_name || data.ieee_address || '';
  if (type === 'device_joined') note(`${name} ${t('joined')}`);
  else if (type === 'device_leave') note(`${name} ${t('left')}`);
  else if (type === 'device_announce') note(`${name} ${t('announce')}`);
  else if (type === 'device_interview') {
    if (data.status === 'started') note(`${name}: ${t('interviewing')}`);
    if (data.status === 'failed') note(`${name}: ${t('failed')}`, 'warning');
    if (data.status === 'successful') {
      note(`${name} ${t('welcome')}`);
      const named = devices.get(data.ieee_address);
      // A device that still goes by its address wants a name.
      if (name === data.ieee_address) {
        toast(`${(named && describe(named)) || name} ${t('welcome')}`, '', t('nameIt'), () => edit(data.ieee_address));
      }
    }
  } else note(`${type} ${name}`);
}

// ---- Log and toasts ------------------------------------------------------------------------
function note(text, level = 'info') {
  const now = new Date();
  const line = el('li', { className: level }, el('time', { dateTime: now.toISOString() }, now.toLocaleTimeString(LANG)), el('span', {}, text));
  $('log-lines').prepend(line);
  while ($('log-lines').childElementCount > 200) $('log-lines').lastElementChild.remove();
}
function toast(text, kind = '', action = '', act = null) {
  const box = $('toasts');
  if ([...box.children].some((c) => c.dataset.text === text)) return;
  const node = el('div', { className: `toast ${kind}` }, el('span', {}, text));
  node.dataset.text = text;
  if (action) node.append(el('button', { type: 'button', onclick: () => { node.remove(); act(); } }, action));
  node.append(el('button', { type: 'button', className: 'round', ariaLabel: t('close'), onclick: () => node.remove() }, icon('close')));
  box.append(node);
  while (box.childElementCount > 3) box.firstElementChild.remove();
  setTimeout(() => node.remove(), action ? 30000 : 8000);
}

// ---- Joining -------------------------------------------------------------------------------
function showJoin() {
  const left = Math.round((joinEnd - Date.now()) / 1000);
  // The router's clock may be off: then only "open" is told.
  const clock = left > 0 && left <= 255 ? ` ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : '';
  $('join').setAttribute('aria-pressed', String(joinOpen));
  $('join-text').textContent = joinOpen ? t('joining') + clock : t('join');
}
setInterval(() => { if (joinOpen) showJoin(); }, 500);

// ---- Devices -------------------------------------------------------------------------------
const LIT = { light: 'light', switch: 'switch', cover: 'cover', lock: 'lock' };
const SMALL = new Set(['battery', 'linkquality', 'voltage', 'last_seen', 'update', 'battery_low']);
// Rarely touched: in the dialog rather than on the card.
const RARE = new Set(['color_temp_startup', 'effect', 'power_on_behavior', 'identify', 'color_options', 'level_config', 'do_not_disturb', 'action_rate']);
const rare = (e) => e.category === 'config' || RARE.has(e.name);
const exposes = (device) => (device.definition && device.definition.exposes) || [];
const settable = (e) => Boolean(e.access & 2);

// All leaves of a definition, each with the kind of the group it stands in.
function leaves(device) {
  const all = [];
  const walk = (list, group) => {
    for (const e of list) {
      if (e.features && e.features.length && e.type !== 'composite') walk(e.features, e.type);
      else all.push({ ...e, group });
    }
  };
  walk(exposes(device), '');
  return all;
}
// A definition made from clusters has no words of its own.
function describe(device) {
  const definition = device.definition || {};
  if (definition.description && definition.source !== 'generated') return definition.description;
  return [device.manufacturer, device.model_id].filter(Boolean).join(' ') || definition.description || '';
}
function kind(device) {
  const group = exposes(device).map((e) => LIT[e.type]).find(Boolean);
  if (group) return group;
  return leaves(device).some((e) => e.type === 'numeric' && !SMALL.has(e.name)) ? 'sensor' : 'other';
}

function render() {
  const rooms = new Map();
  for (const device of devices.values()) {
    const room = device.room || '';
    if (!rooms.has(room)) rooms.set(room, []);
    rooms.get(room).push(device);
  }
  const order = [...rooms.keys()].sort((a, b) => (a === '') - (b === '') || a.localeCompare(b, LANG));
  const seen = new Set();
  const sections = order.map((room) => {
    const section = el('section', { className: 'room' }, el('h2', {}, room || (order.length > 1 ? t('noRoom') : '')));
    section.dataset.room = room;
    rooms.get(room).sort((a, b) => a.friendly_name.localeCompare(b.friendly_name, LANG)).forEach((device) => {
      // A card is made anew only when its device's record changed: values and focus survive.
      const key = JSON.stringify(device);
      let card = cards.get(device.ieee_address);
      if (!card || card.key !== key) {
        card = { key, ...makeCard(device) };
        cards.set(device.ieee_address, card);
        card.update(null);
      }
      seen.add(device.ieee_address);
      section.append(card.node);
    });
    return section;
  });
  for (const address of [...cards.keys()]) if (!seen.has(address)) cards.delete(address);
  const focus = document.activeElement;
  $('rooms').replaceChildren(...sections);
  if (focus && focus.isConnected && focus !== document.body) focus.focus({ preventScroll: true });
  $('empty').hidden = devices.size > 0;
  $('empty').textContent = t('empty');
}

function update(name, fresh) {
  for (const [address, device] of devices) {
    if (device.friendly_name === name && cards.has(address)) cards.get(address).update(fresh);
  }
}

function makeCard(device) {
  const updates = [];
  const controls = el('div', { className: 'controls' });
  const values = el('div', { className: 'values' });
  const foot = el('p', { className: 'foot' });
  const list = leaves(device);
  let main = null;
  for (const e of list) {
    if (!e.property) continue;
    if (!main && e.name === 'state' && e.type === 'binary' && settable(e)) {
      main = toggle(device, e, updates);
      main.ariaLabel = `${device.friendly_name}: ${label(e)}`;
    } else if (SMALL.has(e.name)) small(e, foot, updates);
    else if (rare(e) || e.category || e.type === 'composite' || e.type === 'list') continue; // in the dialog
    else if (settable(e)) controls.append(control(device, e, updates));
    else values.append(value(e, updates));
  }
  const about = el('p', {});
  const node = el('article', { className: 'card' },
    el('div', { className: 'top' },
      el('span', { className: 'badge' }, icon(kind(device))),
      el('div', { className: 'who' }, el('h3', {}, device.friendly_name), about),
      main,
      el('button', { type: 'button', className: 'quiet round edit', ariaLabel: `${t('edit')}: ${device.friendly_name}`, onclick: () => edit(device.ieee_address) }, icon('more'))),
    controls, values, foot);
  node.dataset.device = device.ieee_address;
  node.dataset.name = device.friendly_name;
  return {
    node,
    update(fresh) {
      const state = states.get(device.friendly_name) || {};
      const online = available.get(device.friendly_name) !== false;
      node.classList.toggle('offline', !online);
      node.classList.toggle('lit', list.some((e) => e.name === 'state' && e.property && state[e.property] === (e.value_on ?? 'ON') && (e.group === 'light' || e.group === 'switch')));
      about.textContent = !online ? t('offline')
        : device.interview_state === 'IN_PROGRESS' || device.interviewing ? t('interviewing')
          : device.interview_state === 'FAILED' ? t('failed')
            : describe(device);
      for (const one of updates) one(state, fresh);
    },
  };
}

// Sends `value`; if the device's state has not moved to it in time, shows the old value again.
function set(device, property, value, restore) {
  const name = device.friendly_name;
  if (!send(`${name}/set`, { [property]: value })) { restore(); return; }
  setTimeout(() => {
    const now = (states.get(name) || {})[property];
    if (now !== value) restore();
  }, 6000);
}

function toggle(device, e, updates) {
  const on = e.value_on ?? 'ON';
  const off = e.value_off ?? 'OFF';
  let shown;
  const show = (value) => {
    shown = value;
    input.checked = value === on;
    input.classList.toggle('unknown', value === undefined || value === null);
    input.removeAttribute('aria-busy');
  };
  const input = el('input', {
    type: 'checkbox', className: 'switch', role: 'switch',
    onchange: () => {
      input.setAttribute('aria-busy', 'true');
      input.classList.remove('unknown');
      set(device, e.property, input.checked ? on : off, () => show((states.get(device.friendly_name) || {})[e.property]));
    },
  });
  input.dataset.property = e.property;
  updates.push((state, fresh) => { if (state[e.property] !== shown || !fresh || e.property in fresh) show(state[e.property]); });
  return input;
}

function control(device, e, updates) {
  if (e.type === 'numeric' && e.value_min !== undefined && e.value_max !== undefined) return slider(device, e, updates);
  if (e.type === 'binary') return row(e, toggle(device, e, updates));
  if (e.type === 'enum' && e.group === 'cover' && e.name === 'state') {
    const word = { OPEN: 'open', CLOSE: 'shut', STOP: 'stop' };
    return el('div', { className: 'segments' }, ...(e.values || []).map((v) => el('button', { type: 'button', onclick: () => send(`${device.friendly_name}/set`, { [e.property]: v }) }, word[v] ? t(word[v]) : pretty(v.toLowerCase()))));
  }
  if (e.type === 'enum') {
    const select = el('select', { ariaLabel: label(e), onchange: () => { if (select.value) send(`${device.friendly_name}/set`, { [e.property]: select.value }); } },
      el('option', { value: '' }, t('unset')), ...(e.values || []).map((v) => el('option', { value: v }, pretty(v))));
    updates.push((state) => { select.value = state[e.property] ?? ''; });
    return row(e, select);
  }
  const input = el('input', {
    type: e.type === 'numeric' ? 'number' : 'text', step: 'any', ariaLabel: label(e),
    onchange: () => { if (input.value !== '') send(`${device.friendly_name}/set`, { [e.property]: e.type === 'numeric' ? Number(input.value) : input.value }); },
  });
  updates.push((state) => { if (document.activeElement !== input) input.value = state[e.property] ?? ''; });
  return row(e, input);
}
const row = (e, node) => el('label', { className: 'row' }, el('span', { className: 'label' }, label(e)), node);

function slider(device, e, updates) {
  const warmth = e.name === 'color_temp';
  const output = el('output', {});
  let held = false;
  // While a level moves the device reports steps in between: the wish stays on the slider.
  let wish = null;
  let wishUntil = 0;
  const show = () => {
    const at = Number(input.value);
    const span = e.value_max - e.value_min || 1;
    input.style.setProperty('--at', `${(100 * (at - e.value_min)) / span}%`);
    const text = warmth ? `${number(Math.round(1e5 / at) * 10, 0)} K` : e.name === 'brightness' ? `${Math.round((100 * at) / e.value_max)} %` : `${number(at)} ${e.unit || ''}`;
    output.textContent = text;
    input.setAttribute('aria-valuetext', text);
  };
  const restore = () => {
    wish = null;
    const value = (states.get(device.friendly_name) || {})[e.property];
    if (!held && typeof value === 'number') { input.value = value; show(); }
  };
  const input = el('input', {
    type: 'range', min: e.value_min, max: e.value_max, step: e.value_step || 1, className: warmth ? 'warmth' : '', ariaLabel: `${device.friendly_name}: ${label(e)}`,
    oninput: show,
    onpointerdown: () => { held = true; },
    onpointerup: () => { held = false; },
    onpointercancel: () => { held = false; },
    onchange: () => {
      held = false;
      wish = Number(input.value);
      wishUntil = Date.now() + 5000;
      set(device, e.property, wish, restore);
    },
  });
  input.dataset.property = e.property;
  updates.push((state) => {
    const value = state[e.property];
    if (held || typeof value !== 'number') { if (typeof value !== 'number') output.textContent = t('unset'); return; }
    if (wish !== null && value !== wish && Date.now() < wishUntil) return;
    wish = null;
    input.value = value;
    show();
  });
  return el('label', { className: 'slide' }, el('span', {}, label(e)), output, input);
}

// What false and true mean, where "no" and "yes" would not tell.
const TOLD = { contact: ['opened', 'closed'], occupancy: ['quiet', 'motion'], presence: ['quiet', 'motion'], water_leak: ['dry', 'leak'], battery_low: ['full', 'low'] };
function text(e, value) {
  if (value === null || value === undefined) return [t('unset')];
  if (e.name === 'presence' && typeof value === 'string') return [t(value)];
  if (typeof value === 'boolean') return [t(TOLD[e.name] ? TOLD[e.name][Number(value)] : value ? 'yes' : 'no')];
  if (typeof value === 'number') return [number(value), e.unit ? el('small', {}, e.unit) : ''];
  if (typeof value === 'object') return [JSON.stringify(value)];
  return [String(value)];
}
function value(e, updates) {
  const shown = el('b', {});
  const node = el('div', { className: 'value' }, shown, el('span', {}, label(e)));
  node.dataset.property = e.property;
  let last;
  updates.push((state, fresh) => {
    const now = state[e.property];
    if (now === last && shown.firstChild) return;
    shown.replaceChildren(...text(e, now));
    if (fresh && last !== undefined) {
      node.classList.add('fresh');
      setTimeout(() => node.classList.remove('fresh'), 600);
    }
    last = now;
  });
  return node;
}
function small(e, foot, updates) {
  if (e.name !== 'battery' && e.name !== 'linkquality') return;
  const shown = el('span', {}, '');
  const node = el('span', { title: label(e), hidden: true }, icon(e.name === 'battery' ? 'battery' : 'signal'), shown);
  node.dataset.property = e.property;
  foot.append(node);
  updates.push((state) => {
    const now = state[e.property];
    node.hidden = typeof now !== 'number';
    node.setAttribute('aria-label', `${label(e)} ${now} ${e.unit || ''}`);
    shown.textContent = e.name === 'battery' ? `${now} %` : `${now}`;
    node.classList.toggle('low', e.name === 'battery' && now <= 15);
  });
}

// ---- The dialog of one device --------------------------------------------------------------
let editing = null;

function edit(address) {
  const device = devices.get(address);
  if (!device) return;
  editing = device;
  const definition = device.definition || {};
  const state = states.get(device.friendly_name) || {};
  $('edit-title').textContent = device.friendly_name;
  $('edit-about').textContent = [definition.vendor, describe(device)].filter(Boolean).join(' · ');
  $('edit-name').value = device.friendly_name;
  $('edit-room').value = device.room || '';
  $('edit-rooms').replaceChildren(...[...new Set([...devices.values()].map((d) => d.room).filter(Boolean))].map((room) => el('option', { value: room })));
  const updates = [];
  keyField(device);
  $('edit-settings').replaceChildren(...leaves(device).filter((e) => rare(e) && settable(e) && e.property && e.type !== 'composite' && e.type !== 'list').map((e) => control(device, e, updates)));
  updates.forEach((one) => one(state, null));
  const when = heard.get(device.friendly_name);
  const facts = [
    [t('address'), address], [t('model'), definition.model || device.model_id], [t('vendor'), definition.vendor || device.manufacturer], [t('power'), device.power_source],
    [t('firmware'), device.software_build_id], [t('seen'), when && when.toLocaleTimeString(LANG)],
    ...Object.entries(state).map(([key, v]) => [WORDS[LANG].p[key] || pretty(key), typeof v === 'object' ? JSON.stringify(v) : String(v)]),
  ];
  $('edit-facts').replaceChildren(...facts.filter(([, v]) => v).flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]));
  $('edit-remove').classList.remove('sure');
  $('edit-remove').textContent = t('remove');
  $('edit').showModal();
}

// ---- Bluetooth: who is nearby, and keys ------------------------------------------------------
// A field for a key, and what became of it; `ask` hands the key over and gives what was answered.
function keyInput(ask) {
  const input = el('input', { type: 'text', maxLength: 32, placeholder: t('keyWanted'), ariaLabel: t('bindKey'), autocomplete: 'off', spellcheck: false });
  const verdict = el('p', { className: 'soft', role: 'status' });
  const tell = (words, bad) => { verdict.textContent = words; verdict.classList.toggle('bad', bad); };
  const submit = async () => {
    try {
      const data = await ask(input.value.trim() || null);
      tell(data.key_status ? t(`key_${data.key_status}`) : t('adopted'), data.key_status === 'missing');
      return data;
    } catch (error) { tell(error.message, true); return null; }
  };
  return { input, verdict, tell, submit };
}

function keyField(device) {
  const box = $('edit-key');
  const state = states.get(device.friendly_name) || {};
  box.replaceChildren();
  box.hidden = device.type !== 'BLE' || !(device.bind_key || state.key_status);
  if (box.hidden) return;
  const key = keyInput((bind_key) => request('device/options', { id: device.ieee_address, options: { bind_key } }));
  const status = state.key_status || (device.bind_key && device.bind_key.status);
  const since = state.key_status_since ? ` (${t('since')} ${new Date(state.key_status_since).toLocaleString(LANG)})` : '';
  if (status) key.tell(t(`key_${status}`) + since, status !== 'right' && status !== 'not_needed' && status !== 'unchecked');
  // A key of full length is tried at once.
  key.input.addEventListener('input', () => { if (key.input.value.trim().length === 32) key.submit(); });
  box.append(el('label', {}, el('span', {}, t('bindKey')), key.input), key.verdict);
}

let nearbyTimer = 0;
const nearbyRows = new Map(); // address → {node, update}
function nearbyRow(one) {
  const facts = el('p', { className: 'soft' });
  const title = el('h3', {});
  const name = el('input', { type: 'text', maxLength: 64, placeholder: t('name'), ariaLabel: t('name') });
  const key = keyInput((typed) => request('ble/adopt', { address: one.address, friendly_name: name.value.trim() || null, key: typed }));
  const button = el('button', { type: 'button', className: 'main', disabled: one.private_address }, t('adopt'));
  button.addEventListener('click', async () => {
    const data = await key.submit();
    if (data) { button.disabled = true; button.textContent = t('adopted'); }
  });
  const node = el('li', {}, title, facts, one.private_address ? el('p', { className: 'soft' }, t('moving')) : el('div', { className: 'take' }, name, one.needs_key ? key.input : '', button), key.verdict);
  node.dataset.address = one.address;
  const update = (now) => {
    title.textContent = now.model || now.name || now.address;
    const values = Object.entries(now.values || {}).map(([k, v]) => `${WORDS[LANG].p[k] || pretty(k)} ${typeof v === 'number' ? number(v) : v}`);
    facts.textContent = [now.vendor, now.model ? now.name : '', now.address, now.format, now.rssi === null ? '' : `${now.rssi} dBm`, `${number(now.seconds_ago, 0)} ${t('ago')}`, ...values].filter(Boolean).join(' · ');
  };
  return { node, update };
}
async function showNearby() {
  clearTimeout(nearbyTimer);
  if (!$('nearby').open) return;
  try {
    const data = await request('ble/nearby', {});
    const seen = new Set();
    for (const one of data.nearby || []) {
      seen.add(one.address);
      if (!nearbyRows.has(one.address)) {
        nearbyRows.set(one.address, nearbyRow(one));
        $('nearby-list').append(nearbyRows.get(one.address).node);
      }
      nearbyRows.get(one.address).update(one);
    }
    // Rows stay where they are while somebody reads and types; one that was added stays to say so.
    for (const [address, row] of nearbyRows) {
      if (!seen.has(address) && !devices.has(address)) { row.node.remove(); nearbyRows.delete(address); }
    }
    $('nearby-none').hidden = nearbyRows.size > 0;
  } catch (error) { failed(error); }
  nearbyTimer = setTimeout(showNearby, 3000);
}
function openNearby() {
  nearbyRows.clear();
  $('nearby-list').replaceChildren();
  $('nearby-none').hidden = false;
  $('nearby').showModal();
  showNearby();
}

async function save() {
  const device = editing;
  const name = $('edit-name').value.trim();
  const room = $('edit-room').value.trim();
  $('edit').close();
  try {
    if (room !== (device.room || '')) await request('device/options', { id: device.ieee_address, options: { room } });
    if (name && name !== device.friendly_name) {
      const old = device.friendly_name;
      // The state moves along, whichever message comes first.
      if (states.has(old) && !states.has(name)) states.set(name, states.get(old));
      if (available.has(old)) available.set(name, available.get(old));
      await request('device/rename', { from: device.ieee_address, to: name });
    }
  } catch (error) { failed(error); }
}

async function removeDevice() {
  const button = $('edit-remove');
  if (!button.classList.contains('sure')) {
    button.classList.add('sure');
    button.textContent = t('removeSure');
    return;
  }
  $('edit').close();
  try { await request('device/remove', { id: editing.ieee_address }); } catch (error) { failed(error); }
}

// ---- Sentences -----------------------------------------------------------------------------
function showAnswer(words, why, bad) {
  $('answer').hidden = false;
  $('answer').classList.toggle('bad', bad);
  $('answer-text').textContent = words;
  $('answer-why').hidden = !why;
  $('answer-explanation').textContent = why || '';
}
async function say(event) {
  event.preventDefault();
  const sentence = $('sentence').value.trim();
  if (!sentence) return;
  try {
    const data = await request('say', { text: sentence, source: 'typed', explain: true });
    showAnswer(data.text || t('done'), data.explanation, !data.ok);
    $('sentence').select();
  } catch (error) { showAnswer(error.message, '', true); }
}

// ---- Begin ---------------------------------------------------------------------------------
document.documentElement.lang = LANG;
for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
for (const node of document.querySelectorAll('[data-t-placeholder]')) node.placeholder = t(node.dataset.tPlaceholder);
$('say').addEventListener('submit', say);
$('edit-form').addEventListener('submit', (e) => { e.preventDefault(); save(); });
$('edit-cancel').addEventListener('click', () => $('edit').close());
$('edit-remove').addEventListener('click', removeDevice);
$('join').addEventListener('click', () => request('permit_join', { time: joinOpen ? 0 : 254 }).catch(failed));
function showLog(open) {
  $('log').hidden = !open;
  $('log-open').setAttribute('aria-expanded', String(open));
}
$('nearby-open').addEventListener('click', openNearby);
$('nearby-close').addEventListener('click', () => $('nearby').close());
$('log-open').addEventListener('click', () => showLog($('log').hidden));
$('log-close').addEventListener('click', () => { showLog(false); $('log-open').focus(); });
document.addEventListener('keydown', (e) => { if (e.key === 'Escape' && !$('log').hidden) showLog(false); });
$('door').addEventListener('cancel', (e) => e.preventDefault());
$('door-form').addEventListener('submit', () => { localStorage.setItem('token', $('door-token').value); connect(); });
window.addEventListener('online', () => { if (!socket) connect(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden && !socket && !$('door').open) connect(); });
showJoin();
connect();
