'use strict';
'require view';
'require poll';
'require dom';
'require hearth.home as home';

/* Where a browser finds the page that listens there; null: on the router alone. */
function pageLink(page) {
	let url;

	try {
		url = new URL(page);
	}
	catch (e) {
		return null;
	}

	const host = url.hostname.replace(/^\[|\]$/g, '');

	if (host == '0.0.0.0' || host == '::')
		url.hostname = window.location.hostname;
	else if (/^127\./.test(host) || host == '::1' || host == 'localhost')
		return (window.location.hostname == url.hostname) ? url.href : null;

	return (url.protocol == 'http:' || url.protocol == 'https:') ? url.href : null;
}

function row(name, title, content) {
	return E('tr', { 'class': 'tr', 'data-row': name }, [
		E('td', { 'class': 'td left', 'width': '33%' }, [ title ]),
		E('td', { 'class': 'td left' }, [].concat(content))
	]);
}

function radio(room, more) {
	return room.state == 'off' ? home.state(room) : [ home.state(room), more ].filter(Boolean).join(', ');
}

function zigbee(room) {
	return radio(room, [
		room.channel ? _('channel %d').format(room.channel) : null,
		room.pan_id ? 'PAN 0x%04x'.format(room.pan_id) : null,
		room.firmware,
		room.port
	].filter(Boolean).join(', '));
}

function reachable(room) {
	return _('%d, %d of them reachable').format(room.devices || 0, room.online || 0);
}

function page(status) {
	if (!status.page)
		return [ _('switched off') ];

	const link = pageLink(status.page);

	return link
		? [ E('a', { 'href': link, 'target': '_blank', 'rel': 'noreferrer' }, [ link ]) ]
		: [ status.page, ' ', E('em', {}, [
			_('It listens on the router alone. Let it listen on 0.0.0.0 under Settings to open it to your network.')
		]) ];
}

function content(status) {
	const flash = status.flash, memory = status.memory;

	return [
		status.healthy
			? E('div', { 'class': 'alert-message success', 'id': 'hearth-health' }, [ _('Everything works.') ])
			: E('div', { 'class': 'alert-message warning', 'id': 'hearth-health' },
				(status.complaints || []).map(function(complaint) { return E('p', {}, [ complaint ]); })),
		E('table', { 'class': 'table', 'id': 'hearth-status' }, [
			row('version', _('Version'), status.version),
			row('uptime', _('Running for'), home.seconds(status.uptime)),
			row('zigbee', _('Zigbee'), zigbee(status.zigbee)),
			row('zigbee-devices', _('Zigbee devices'), reachable(status.zigbee)),
			row('ble', _('Bluetooth'), radio(status.ble, status.ble.adapter)),
			row('ble-devices', _('Bluetooth devices'), reachable(status.ble)),
			row('mqtt', _('MQTT broker'), [ '%s, %s'.format(status.mqtt.server, status.mqtt.connected
				? _('connected')
				: (status.mqtt.reason || _('not connected'))) ]),
			row('voice', _('Voice'), home.voice(status.voice)),
			row('memory', _('Memory'), _('%.1f MB now, %.1f MB at most').format(
				memory.rss_kb / 1024, memory.peak_kb / 1024)),
			row('flash', _('Writes to flash'), flash.since
				? _('%d files, %d kB since %s').format(flash.writes, Math.ceil(flash.bytes / 1024),
					new Date(flash.since * 1000).toLocaleDateString())
				: _('%d files, %d kB').format(flash.writes, Math.ceil(flash.bytes / 1024))),
			row('page', _('Full page'), page(status))
		])
	];
}

return view.extend({
	load: function() {
		return home.call('status').catch(function(error) { return error; });
	},

	render: function(status) {
		const body = E('div', { 'class': 'cbi-section' });
		const show = function(status) {
			dom.content(body, status instanceof Error ? [ home.absent(status) ] : content(status));
		};

		show(status);
		poll.add(function() {
			return home.call('status').catch(function(error) { return error; }).then(show);
		}, 5);

		return E([], [ E('h2', {}, [ _('Hearth') ]), body ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
