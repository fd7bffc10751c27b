'use strict';
'require view';
'require poll';
'require dom';
'require ui';
'require hearth.home as home';

/* Shown in words of their own; everything else by its label. */
function label(control) {
	const base = control.property.split('_')[0] == 'color' ? 'color_temp' : control.property.split('_')[0];

	switch (control.property == 'color_temp' ? 'color_temp' : base) {
	case 'state': return _('Switch');
	case 'brightness': return _('Brightness');
	case 'position': return _('Position');
	case 'color_temp': return control.property == 'color_temp' ? _('Colour temperature') : control.label;
	default: return control.label || control.property;
	}
}

function shown(value, unit) {
	if (value === true)
		return _('yes');
	if (value === false)
		return _('no');
	if (value == null)
		return '–';
	if (typeof(value) == 'object')
		return JSON.stringify(value);
	return unit ? '%s %s'.format(value, unit) : String(value);
}

/* Each gives a node and how to show a value on it; `send` takes the new value. */
const makers = {
	binary: function(control, send) {
		const box = E('input', {
			'type': 'checkbox',
			'data-property': control.property,
			'change': function() { send(box.checked ? control.on : control.off); }
		});
		return [ box, function(value) {
			box.checked = (value === control.on);
			box.indeterminate = (value == null);
		} ];
	},

	numeric: function(control, send) {
		if (control.min == null || control.max == null) {
			const field = E('input', {
				'type': 'number', 'class': 'cbi-input-text', 'style': 'width:7em',
				'data-property': control.property,
				'change': function() { if (field.value !== '') send(+field.value); }
			});
			return [ field, function(value) { field.value = value == null ? '' : value; } ];
		}
		const figure = E('span', {}, [ '–' ]);
		const range = E('input', {
			'type': 'range', 'min': control.min, 'max': control.max, 'step': control.step || 1,
			'style': 'vertical-align:middle;width:12em',
			'data-property': control.property,
			'input': function() { figure.textContent = shown(range.value, control.unit); },
			'change': function() { send(+range.value); }
		});
		return [ E('span', {}, [ range, ' ', figure ]), function(value) {
			if (value != null)
				range.value = value;
			figure.textContent = shown(value, control.unit);
		} ];
	},

	enum: function(control, send) {
		/* What a blind does is a button each. */
		if (/^state/.test(control.property))
			return [ E('span', {}, control.values.map(function(value) {
				return E('button', {
					'class': 'btn cbi-button',
					'data-property': control.property, 'data-value': value,
					'click': function() { send(value); }
				}, [ ({ OPEN: _('Open'), CLOSE: _('Close'), STOP: _('Stop') })[value] || value ]);
			})), function() {} ];

		const select = E('select', {
			'class': 'cbi-input-select', 'data-property': control.property,
			'change': function() { if (select.value !== '') send(select.value); }
		}, [ E('option', { 'value': '' }, [ '–' ]) ].concat(control.values.map(function(value) {
			return E('option', { 'value': value }, [ value ]);
		})));
		return [ select, function(value) { select.value = value == null ? '' : value; } ];
	},

	text: function(control, send) {
		const field = E('input', {
			'type': 'text', 'class': 'cbi-input-text', 'data-property': control.property,
			'change': function() { send(field.value); }
		});
		return [ field, function(value) { field.value = value == null ? '' : value; } ];
	}
};

/* One device: its node, and how to show what is new. */
function card(first, refresh) {
	const address = first.address,
	      title = E('strong', {}),
	      about = E('small', {}),
	      readings = E('div', {}),
	      controls = E('div', { 'style': 'margin:.5em 0' }),
	      more = E('details', {}, [ E('summary', {}, [ _('More') ]) ]),
	      shows = {};
	let device = first, form = null, busy = {};

	const set = function(property, value) {
		const values = {};
		values[property] = value;
		busy[property] = Date.now();
		return home.attempt('set', address, values).then(function() {
			delete busy[property];
			return refresh();
		});
	};

	const build = function() {
		for (const name in shows)
			delete shows[name];
		dom.content(controls, []);
		while (more.lastChild != more.firstChild)
			more.removeChild(more.lastChild);
		(device.controls || []).forEach(function(control) {
			if (!makers[control.type])
				return;
			const made = makers[control.type](control, function(value) { return set(control.property, value); });
			const line = E('div', { 'style': 'margin:.25em 0' }, [
				E('label', { 'style': 'display:inline-block;min-width:11em' }, [ label(control) ]), made[0]
			]);
			const plain = !control.category && /^(state|brightness|color_temp|position|tilt)(_[a-z0-9]+)?$/.test(control.property)
				&& !/_startup$/.test(control.property);
			(plain ? controls : more).appendChild(line);
			shows[control.property] = { node: line, show: made[1] };
		});
		more.style.display = more.childNodes.length > 1 ? '' : 'none';
	};

	const edit = function() {
		const name = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'id': 'hearth-name', 'maxlength': 64 }),
		      room = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'id': 'hearth-room', 'maxlength': 64 });

		name.value = device.name;
		room.value = device.room || '';
		ui.showModal(_('Name and room'), [
			E('p', {}, [ E('label', {}, [ _('Name'), ' ', name ]) ]),
			E('p', {}, [ E('label', {}, [ _('Room'), ' ', room ]) ]),
			E('div', { 'class': 'right' }, [
				home.button(_('Cancel'), 'neutral', ui.hideModal), ' ',
				home.button(_('Save'), 'positive important', function() {
					const jobs = [];
					if (name.value !== device.name)
						jobs.push([ 'rename', address, name.value ]);
					if (room.value !== (device.room || ''))
						jobs.push([ 'options', address, room.value ]);
					return jobs.reduce(function(before, job) {
						return before.then(function(good) {
							return good ? home.attempt.apply(home, job) : null;
						});
					}, Promise.resolve(true)).then(function(good) {
						if (good)
							ui.hideModal();
						return refresh();
					});
				})
			])
		]);
	};

	const remove = function() {
		const force = E('input', { 'type': 'checkbox', 'id': 'hearth-force' });

		ui.showModal(_('Remove this device?'), [
			E('p', {}, [ device.name ]),
			E('p', {}, [ _('It leaves the home and must be paired again to come back.') ]),
			E('p', {}, [ E('label', {}, [ force, ' ', _('Remove it even if it does not answer') ]) ]),
			E('div', { 'class': 'right' }, [
				home.button(_('Cancel'), 'neutral', ui.hideModal), ' ',
				home.button(_('Remove'), 'negative important', function() {
					return home.attempt('remove', address, force.checked).then(function(good) {
						if (good)
							ui.hideModal();
						return refresh();
					});
				})
			])
		]);
	};

	const node = E('div', { 'class': 'cbi-section-node', 'data-address': address, 'style': 'padding:.75em 1em;margin-bottom:1em' }, [
		E('div', { 'style': 'display:flex;flex-wrap:wrap;gap:.5em;align-items:baseline' }, [
			title, about,
			E('span', { 'style': 'margin-left:auto' }, [
				home.button(_('Edit'), 'edit', edit), ' ',
				home.button(_('Remove'), 'remove', remove)
			])
		]),
		controls, readings, more
	]);

	return {
		node: node,
		show: function(fresh) {
			device = fresh;
			const wanted = JSON.stringify(fresh.controls || []);
			if (wanted !== form) {
				form = wanted;
				build();
			}
			title.textContent = fresh.name;
			about.textContent = [ fresh.vendor, fresh.model,
				fresh.available === false ? _('not reachable') : null,
				fresh.interview == 'IN_PROGRESS' ? _('being asked what it can do') : null
			].filter(Boolean).join(' · ');
			node.style.opacity = fresh.available === false ? 0.6 : 1;
			const state = fresh.state || {};
			for (const name in shows)
				/* What the user holds, or has just sent, is not moved under the hand. */
				if (!busy[name] && !shows[name].node.contains(document.activeElement))
					shows[name].show(state[name]);
			readings.textContent = Object.keys(state).filter(function(name) {
				return !shows[name] && state[name] !== null && typeof(state[name]) != 'object';
			}).map(function(name) {
				return name.replace(/_/g, ' ') + ' ' + shown(state[name], (fresh.units || {})[name]);
			}).join(' · ');
		}
	};
}

return view.extend({
	load: function() {
		return home.call('devices').catch(function(error) { return error; });
	},

	render: function(first) {
		const body = E('div', { 'id': 'hearth-devices' }), cards = {};
		let layout = null;

		const show = function(reply) {
			if (reply instanceof Error) {
				layout = null;
				dom.content(body, [ home.absent(reply) ]);
				return;
			}
			const devices = (reply.devices || []).slice().sort(function(a, b) {
				return (a.room || '\uffff').localeCompare(b.room || '\uffff') || a.name.localeCompare(b.name);
			});
			devices.forEach(function(device) {
				cards[device.address] = cards[device.address] || card(device, refresh);
				cards[device.address].show(device);
			});
			/* Moved about only when someone came, went or moved. */
			const wanted = JSON.stringify(devices.map(function(d) { return [ d.address, d.room ]; }));
			if (wanted === layout)
				return;
			layout = wanted;
			let room;
			dom.content(body, devices.length ? devices.reduce(function(nodes, device) {
				if (device.room !== room || !nodes.length) {
					room = device.room;
					nodes.push(E('h3', {}, [ room || _('No room') ]));
				}
				nodes.push(cards[device.address].node);
				return nodes;
			}, []) : [ E('p', {}, [ E('em', {}, [ _('There are no devices yet. Add some under Pairing.') ]) ]) ]);
		};

		const refresh = function() {
			return home.call('devices').catch(function(error) { return error; }).then(show);
		};

		show(first);
		poll.add(refresh, 3);

		return E([], [ E('h2', {}, [ _('Devices') ]), body ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
