/*
 * A small stand-in for LuCI's client-side runtime: as much of it as views use, so that they run in a
 * browser without a router. Written from LuCI's documented interfaces; where the real sources are at
 * hand the same test runs against them (see tests/tests/luci.rs).
 *
 * It is strict where LuCI is lax: markup given as a text is an error, because names of devices
 * would become markup that way.
 */
'use strict';

const translations = window.TRANSLATIONS || {};

window._ = text => translations[text] || text;

String.prototype.format = function(...values) {
	let at = 0;

	return this.replace(/%(0\d+)?(\.\d+)?([sdxf%])/g, (whole, width, precision, kind) => {
		if (kind == '%')
			return '%';
		const value = values[at++];
		const text = kind == 'd' ? String(Math.trunc(value))
			: kind == 'x' ? Number(value).toString(16)
			: kind == 'f' ? Number(value).toFixed(precision ? +precision.slice(1) : 6)
			: String(value);
		return width ? text.padStart(+width, '0') : text;
	});
};

const dom = {
	append(node, children) {
		if (children == null)
			return;
		if (Array.isArray(children)) {
			for (const child of children)
				if (child != null)
					node.appendChild(child instanceof Node ? child : document.createTextNode(`${child}`));
		}
		else if (children instanceof Node)
			node.appendChild(children);
		else
			throw new Error(`markup as a text: ${children}`);
	},

	content(node, children) {
		while (node.firstChild)
			node.removeChild(node.firstChild);
		this.append(node, children);
	}
};

window.E = function(tag, attributes, children) {
	if (Array.isArray(tag)) {
		const fragment = document.createDocumentFragment();
		dom.append(fragment, attributes);
		return fragment;
	}
	const node = document.createElement(tag);
	for (const name in attributes || {}) {
		const value = attributes[name];
		if (typeof value == 'function')
			node.addEventListener(name, value);
		else if (value != null)
			node.setAttribute(name, typeof value == 'object' ? JSON.stringify(value) : value);
	}
	dom.append(node, children);
	return node;
};

class Base {
	static extend(members) {
		const parent = this;
		const made = class extends parent {};
		Object.assign(made.prototype, members);
		made.prototype.super = function(name, args) { return parent.prototype[name].apply(this, args || []); };
		return made;
	}
}

/* Calls by JSON-RPC, as LuCI's dispatcher takes them. */
let number = 0;

const rpc = {
	declare(options) {
		return async (...values) => {
			const params = {};
			(options.params || []).forEach((name, i) => { params[name] = values[i]; });
			const response = await fetch('/cgi-bin/luci/admin/ubus', {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({
					jsonrpc: '2.0', id: ++number, method: 'call',
					params: [ '0'.repeat(32), options.object, options.method, params ]
				})
			});
			const message = await response.json();
			if (message.error)
				throw new Error(`${options.object}.${options.method}: ${message.error.message}`);
			let value = message.result.length > 1 ? message.result[1] : message.result[0];
			for (const key in options.expect || {}) {
				const usual = options.expect[key];
				if (key !== '' && value != null)
					value = value[key];
				if (value == null || Object.prototype.toString.call(value) != Object.prototype.toString.call(usual))
					value = usual;
			}
			return value;
		};
	},
	getStatusText: code => `ubus status ${code}`
};

const poll = {
	add(job, seconds) { window.setInterval(job, (seconds || 5) * 1000); }
};

const ui = {
	createHandlerFn(context, job, ...bound) {
		return event => {
			const button = event.currentTarget;
			button.disabled = true;
			return Promise.resolve((typeof job == 'string' ? context[job] : job).call(context, ...bound, event))
				.finally(() => { button.disabled = false; });
		};
	},
	addNotification(title, children, ...classes) {
		const node = E('div', { class: [ 'alert-message', ...classes ].join(' ') }, [ title, children ]);
		document.getElementById('maincontent').prepend(node);
		return node;
	},
	showModal(title, children) {
		const modal = document.getElementById('modal_overlay').firstElementChild;
		dom.content(modal, [ title ? E('h4', {}, [ title ]) : null, ...[].concat(children) ]);
		document.body.classList.add('modal-overlay-active');
		return modal;
	},
	hideModal() { document.body.classList.remove('modal-overlay-active'); }
};

/* UCI: what is loaded, and what is changed but not yet applied. */
const call = (method, ...params) => rpc.declare({ object: 'uci', method, params });
const config = {};
const added = new Set();

const uci = {
	async load(name) {
		const got = await call('get', 'config')(name);
		if (typeof got == 'number')
			throw new Error(`no configuration ${name}`);
		config[name] = got.values;
	},
	get: (name, section, option) => {
		const found = (config[name] || {})[section];
		return option ? found && found[option] : found;
	},
	sections: (name, type) => Object.values(config[name] || {}).filter(s => !type || s['.type'] == type),
	add(name, type, section) {
		const key = section || `new${added.size}`;
		config[name][key] = { '.type': type, '.name': key, '.anonymous': !section };
		added.add(`${name}.${key}`);
		return key;
	},
	set(name, section, option, value) {
		const found = config[name][section];
		if (value == null || value === '')
			delete found[option];
		else
			found[option] = value;
	},
	async save(name) {
		for (const section of Object.values(config[name])) {
			const values = {};
			for (const option in section)
				if (option[0] != '.')
					values[option] = section[option];
			if (added.delete(`${name}.${section['.name']}`))
				await call('add', 'config', 'type', 'name', 'values')(name, section['.type'], section['.name'], values);
			else
				await call('set', 'config', 'section', 'values')(name, section['.name'], values);
		}
	},
	async apply() {
		await call('apply', 'rollback', 'timeout')(true, 30);
		await call('confirm')();
		document.dispatchEvent(new CustomEvent('uci-applied'));
	}
};

/* The form: each option a field with LuCI's identifiers. */
class Option {
	constructor(map, section, kind, name, title, note) {
		Object.assign(this, { map, section, kind, name, title, note, choices: [] });
	}
	value(key, title) { this.choices.push([ key, title == null ? key : title ]); }
	id(section) { return `widget.cbid.${this.map.config}.${section}.${this.name}`; }

	field(section) {
		const now = uci.get(this.map.config, section, this.name);
		let node;
		if (this.kind == 'Flag') {
			node = E('input', { type: 'checkbox', id: this.id(section) });
			node.checked = (now == null ? this.default : now) == '1';
		}
		else if (this.kind == 'ListValue') {
			node = E('select', { id: this.id(section) }, [ [ '', '' ], ...this.choices ].map(([ key, title ]) =>
				E('option', { value: key }, [ title ])));
			node.value = now || '';
		}
		else {
			node = E('input', {
				type: this.password ? 'password' : 'text', id: this.id(section), placeholder: this.placeholder
			});
			node.value = [].concat(now || []).join(' ');
		}
		node.addEventListener('input', () => this.check(section, node));
		this.nodes = this.nodes || {};
		this.nodes[section] = node;
		return E('div', { class: 'cbi-value' }, [
			E('label', { class: 'cbi-value-title', for: this.id(section) }, [ this.title ]), node,
			this.note ? E('div', { class: 'cbi-value-description' }, [ this.note ]) : null
		]);
	}

	values(node) {
		if (this.kind == 'DynamicList')
			return node.value.split(/\s+/).filter(Boolean);
		return [ this.kind == 'Flag' ? (node.checked ? '1' : '0') : node.value ];
	}

	check(section, node) {
		const values = this.values(node);
		const good = this.kind == 'Flag' || (values.join('') === ''
			? this.optional !== false
			: values.every(value => !this.validate || this.validate(section, value) === true));
		node.classList.toggle('cbi-input-invalid', !good);
		return good;
	}

	store(section, node) {
		const values = this.values(node);
		const usual = this.kind == 'Flag' && values[0] == this.default && this.rmempty;
		uci.set(this.map.config, section, this.name,
			usual || values.join('') === '' ? null : this.kind == 'DynamicList' ? values : values[0]);
	}
}

class Section {
	constructor(map, kind, name, type, title) { Object.assign(this, { map, kind, name, type, title, options: [] }); }
	option(kind, ...rest) {
		const made = new Option(this.map, this, kind, ...rest);
		this.options.push(made);
		return made;
	}
	ids() {
		return this.kind == 'NamedSection' ? [ this.name ]
			: uci.sections(this.map.config, this.type).map(section => section['.name']);
	}
	render() {
		return E('div', { class: 'cbi-section', 'data-tab': this.name || this.type }, [
			E('h3', {}, [ this.title ]),
			...this.ids().map(id => E('div', { 'data-section-id': id }, this.options.map(o => o.field(id)))),
			this.addremove ? E('button', {
				class: 'cbi-button-add',
				click: () => { uci.add(this.map.config, this.type); this.map.again(); }
			}, [ _('Add') ]) : null
		]);
	}
}

class FormMap {
	constructor(config, title, about) {
		Object.assign(this, { config, title, about, parts: [] });
		FormMap.last = this;
	}
	section(kind, ...rest) {
		const made = kind == 'NamedSection' ? new Section(this, kind, ...rest) : new Section(this, kind, null, ...rest);
		this.parts.push(made);
		return made;
	}
	async render() {
		this.node = E('div', { class: 'cbi-map' });
		this.again();
		return this.node;
	}
	again() { dom.content(this.node, [ E('h2', {}, [ this.title ]), ...this.parts.map(part => part.render()) ]); }
	fields(job) {
		return this.parts.flatMap(part => part.ids().flatMap(id =>
			part.options.map(option => job(option, id, option.nodes[id]))));
	}
	async save() {
		if (this.fields((option, id, node) => option.check(id, node)).includes(false))
			throw new Error('some fields are invalid');
		this.fields((option, id, node) => option.store(id, node));
		await uci.save(this.config);
	}
}

const form = { Map: FormMap };
for (const kind of [ 'NamedSection', 'TypedSection', 'GridSection', 'TableSection', 'Value', 'Flag', 'ListValue', 'DynamicList' ])
	form[kind] = kind;

const fs = {
	exec: rpc.declare({ object: 'file', method: 'exec', params: [ 'command', 'params' ] })
};

const View = Base.extend({
	load() {},
	render() {},
	async handleSave() { await FormMap.last.save(); },
	async handleSaveApply() { await this.handleSave(); await uci.apply(); }
});

const modules = { dom, form, fs, poll, rpc, uci, ui, view: View, baseclass: Base };

/* Reads the directives at a file's head, and hands it what they ask for. */
async function load(name) {
	if (modules[name])
		return modules[name];
	const source = await (await fetch(`/luci-static/resources/${name.replace(/\./g, '/')}.js`)).text();
	const wanted = [ ...source.matchAll(/^'require ([\w.\/-]+)(?: as (\w+))?';$/gm) ];
	const given = await Promise.all(wanted.map(([ , module ]) => load(module)));
	const names = wanted.map(([ , module, as ]) => as || module.replace(/\./g, '_'));
	const made = new Function('L', ...names, source)(window.L, ...given);
	return modules[name] = typeof made == 'function' ? new made() : made;
}

window.L = {
	require: load,
	env: {},
	resolveDefault: (value, usual) => Promise.resolve(value).catch(() => usual)
};

async function show(path) {
	const view = await load(`view.${path.replace('/', '.')}`);
	const made = await view.render(await view.load());
	dom.content(document.getElementById('view'), [ made, view.handleSave && E('div', { class: 'cbi-page-actions' }, [
		E('button', { class: 'cbi-button-save', click: () => view.handleSave().catch(e => ui.addNotification(null, E('p', {}, [ e.message ]))) }, [ _('Save') ]),
		E('button', { class: 'cbi-button-apply', click: () => view.handleSaveApply().catch(e => ui.addNotification(null, E('p', {}, [ e.message ]))) }, [ _('Save & Apply') ])
	]) ]);
}

window.addEventListener('DOMContentLoaded', () => show(document.body.dataset.view).catch(error => {
	document.getElementById('view').textContent = `failed: ${error.stack}`;
	throw error;
}));
