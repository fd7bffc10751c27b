'use strict';
'require view';
'require poll';
'require dom';
'require ui';
'require hearth.home as home';

/* As long as Zigbee lets it be. */
const LONGEST = 254;

function stages() {
	return {
		PENDING: _('has joined'),
		IN_PROGRESS: _('is being asked what it can do'),
		SUCCESSFUL: _('is ready'),
		FAILED: _('did not answer; wake it and try again')
	};
}

return view.extend({
	load: function() {
		return Promise.all([
			home.call('status'),
			home.call('devices')
		]).catch(function(error) { return error; });
	},

	render: function(first) {
		if (first instanceof Error)
			return E([], [ E('h2', {}, [ _('Pairing') ]), home.absent(first) ]);

		const countdown = E('strong', { 'id': 'hearth-countdown', 'style': 'margin-left:1em' }),
		      newcomers = E('div', { 'id': 'hearth-newcomers' }),
		      nearby = E('div', { 'id': 'hearth-nearby' }),
		      known = {}, names = {};
		let until = 0, ble = first[0].ble.state != 'off';

		(first[1].devices || []).forEach(function(device) { known[device.address] = true; });

		const tick = function() {
			const left = Math.max(0, Math.round((until - Date.now()) / 1000));
			countdown.textContent = left ? _('Open for another %d s').format(left) : _('Closed');
			open.style.display = left ? 'none' : '';
			close.style.display = left ? '' : 'none';
		};

		const joining = function(seconds) {
			until = Date.now() + seconds * 1000;
			tick();
		};

		const open = home.button(_('Add devices'), 'positive important', function() {
			return home.attempt('permit_join', LONGEST).then(function(good) { if (good) joining(LONGEST); });
		});
		const close = home.button(_('Stop'), 'negative', function() {
			return home.attempt('permit_join', 0).then(function(good) { if (good) joining(0); });
		});
		open.id = 'hearth-open';
		close.id = 'hearth-close';

		/* A newcomer keeps its node, so that typing its name is not disturbed. */
		const newcomer = function(device) {
			const field = E('input', {
				'type': 'text', 'class': 'cbi-input-text', 'maxlength': 64,
				'placeholder': _('Name'), 'data-name-of': device.address
			});
			const stage = E('span', {});
			const node = E('div', { 'class': 'alert-message', 'data-newcomer': device.address }, [
				E('p', {}, [ stage ]),
				E('p', {}, [ field, ' ', home.button(_('Save'), 'positive', function() {
					return home.attempt('rename', device.address, field.value).then(refresh);
				}) ])
			]);
			newcomers.appendChild(node);
			return { node: node, stage: stage };
		};

		const show = function(reply) {
			(reply.devices || []).forEach(function(device) {
				if (known[device.address])
					return;
				const entry = names[device.address] = names[device.address] || newcomer(device);
				entry.stage.textContent = '%s %s'.format(
					[ device.name, device.vendor, device.model ].filter(Boolean).join(' · '),
					stages()[device.interview] || '');
			});
		};

		const refresh = function() {
			return Promise.all([ home.call('status'), home.call('devices') ]).then(function(replies) {
				const left = replies[0].zigbee.joining || 0;
				/* The local clock is smoother; the home is right. */
				if (Math.abs((until - Date.now()) / 1000 - left) > 3)
					joining(left);
				ble = replies[0].ble.state != 'off';
				show(replies[1]);
			}).catch(function() {});
		};

		const adopt = function(device) {
			const name = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'maxlength': 64 }),
			      key = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'maxlength': 32 });

			name.value = device.name || '';
			ui.showModal(_('Take up this device'), [
				E('p', {}, [ device.address ]),
				E('p', {}, [ E('label', {}, [ _('Name'), ' ', name ]) ]),
				E('p', {}, [ E('label', {}, [ _('Bind key, if it is encrypted'), ' ', key ]) ]),
				E('div', { 'class': 'right' }, [
					home.button(_('Cancel'), 'neutral', ui.hideModal), ' ',
					home.button(_('Take up'), 'positive important', function() {
						return home.attempt('adopt', device.address, name.value || undefined, key.value || undefined)
							.then(function(good) {
								if (good)
									ui.hideModal();
								return search();
							});
					})
				])
			]);
		};

		const search = function() {
			return home.attempt('nearby').then(function(reply) {
				const devices = (reply && reply.devices) || [];
				dom.content(nearby, devices.length
					? [ E('table', { 'class': 'table' }, devices.map(function(device) {
						return E('tr', { 'class': 'tr' }, [
							E('td', { 'class': 'td' }, [ device.address ]),
							E('td', { 'class': 'td' }, [ [ device.name, device.model, device.format ].filter(Boolean).join(' · ') ]),
							E('td', { 'class': 'td' }, [ device.rssi != null ? '%d dBm'.format(device.rssi) : '' ]),
							E('td', { 'class': 'td' }, [ home.button(_('Take up'), 'add', function() { return adopt(device); }) ])
						]);
					})) ]
					: [ E('em', {}, [ _('Nothing is heard nearby that is not of the home already.') ]) ]);
			});
		};

		joining(first[0].zigbee.joining || 0);
		window.setInterval(tick, 500);
		poll.add(refresh, 2);

		return E([], [
			E('h2', {}, [ _('Pairing') ]),
			E('div', { 'class': 'cbi-section' }, [
				E('p', {}, [ _('Open the home, then put the new device into pairing mode: usually by holding its button, or by switching a lamp on and off several times.') ]),
				E('p', {}, [ open, close, countdown ]),
				newcomers
			]),
			ble ? E('div', { 'class': 'cbi-section' }, [
				E('h3', {}, [ _('Bluetooth nearby') ]),
				E('p', {}, [ home.button(_('Look around'), 'action', search) ]),
				nearby
			]) : ''
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
