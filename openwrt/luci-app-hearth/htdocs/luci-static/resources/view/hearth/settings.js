'use strict';
'require view';
'require form';
'require uci';

/*
 * The configuration as a form. What a value must be is checked here as the daemon checks it, so
 * that nothing is saved that it would refuse.
 */

/* Checks: each gives a function of a value that says what is expected, or true. */
const checks = {
	pattern: function(regex, expected) {
		return function(value) { return (value === '' || regex.test(value)) || expected(); };
	},
	between: function(low, high, whole) {
		return function(value) {
			return value === '' || (/^-?\d+$/.test(value) && +value >= low && +value <= high) ||
				_('Expected a number from %d to %d').format(low, high);
		};
	}
};

const name = checks.pattern(/^[^/+#]{1,64}$/, function() { return _('Expected a name of 1 to 64 characters without /, + and #'); }),
      room = checks.pattern(/^.{1,64}$/, function() { return _('Expected a name of 1 to 64 characters'); }),
      topic = checks.pattern(/^[^/+#]+(\/[^/+#]+)*$/, function() { return _('Expected a topic without +, # and empty parts'); }),
      listen = checks.pattern(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):\d{1,5}$/, function() { return _('Expected an address and a port, such as 127.0.0.1:8099'); }),
      server = checks.pattern(/^(mqtts?:\/\/\S+|embedded)$/, function() { return _('Expected mqtt://host:port or mqtts://host:port'); }),
      port = checks.pattern(/^(auto|\/\S+|tcp:\/\/\S+:\d{1,5})$/, function() { return _('Expected auto, a path such as /dev/ttyUSB0, or tcp://host:port'); }),
      language = checks.pattern(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$/, function() { return _('Expected a language such as en or ko'); }),
      path = checks.pattern(/^\/\S+$/, function() { return _('Expected a path that begins with /'); }),
      place = checks.pattern(/^(\/\S+|tcp:\/\/\S+:\d{1,5})$/, function() { return _('Expected a path or tcp://host:port'); }),
      satellite = checks.pattern(/^tcp:\/\/\S+:\d{1,5}$/, function() { return _('Expected tcp://host:port'); }),
      speech = checks.pattern(/^(off|espeak-ng|tcp:\/\/\S+:\d{1,5})$/, function() { return _('Expected off, espeak-ng or tcp://host:port'); }),
      token = checks.pattern(/^.{8,}$/, function() { return _('Expected at least 8 characters'); }),
      label = checks.pattern(/^.{1,64}$/, function() { return _('Expected 1 to 64 characters'); }),
      pan = checks.pattern(/^(0x[0-9a-fA-F]{1,4}|\d{1,5})$/, function() { return _('Expected a number from 1 to 65534, or hexadecimal digits after 0x'); }),
      bindKey = checks.pattern(/^([0-9a-fA-F]{24}|[0-9a-fA-F]{32})$/, function() { return _('Expected 24 or 32 hexadecimal digits'); }),
      address = checks.pattern(/^(0x[0-9a-fA-F]{12}|0x[0-9a-fA-F]{16}|([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})$/, function() { return _('Expected an address such as 0xa4c138010203'); }),
      perProperty = checks.pattern(/^(\d{1,4}|[a-z0-9_]+=\d{1,4})$/, function() { return _('Expected seconds, or property=seconds such as temperature=60'); }),
      limits = checks.pattern(/^[a-z0-9_]+=-?[0-9.]+\.\.-?[0-9.]+$/, function() { return _('Expected property=low..high such as temperature=-30..50'); });

function hex(digits) {
	return checks.pattern(new RegExp('^[0-9a-fA-F]{' + digits + '}$'), function() {
		return _('Expected %d hexadecimal digits').format(digits);
	});
}

/* The kinds of field. `more`: check, placeholder, choices, note, secret. */
function value(section, key, title, more) {
	const o = section.option(more.list ? form.DynamicList : (more.choices && more.strict) ? form.ListValue : form.Value,
		key, title, more.note);

	(more.choices || []).forEach(function(choice) { o.value.apply(o, [].concat(choice)); });
	if (more.placeholder != null)
		o.placeholder = more.placeholder;
	if (more.check)
		o.validate = function(section_id, value) { return more.check(value == null ? '' : String(value)); };
	o.password = !!more.secret;
	o.optional = o.rmempty = !more.needed;
	return o;
}

function flag(section, key, title, usual, note) {
	const o = section.option(form.Flag, key, title, note);
	o.default = usual ? '1' : '0';
	o.rmempty = !usual;
	return o;
}

/* A section that the file may lack gets into it with its first option. */
const SECTIONS = [
	[ 'main', 'hearth' ], [ 'mqtt', 'mqtt' ], [ 'zigbee', 'zigbee' ], [ 'ble', 'ble' ], [ 'web', 'web' ],
	[ 'homeassistant', 'homeassistant' ], [ 'voice', 'voice' ]
];

return view.extend({
	load: function() {
		return uci.load('hearth').then(function() {
			SECTIONS.forEach(function(section) {
				if (!uci.get('hearth', section[0]))
					uci.add('hearth', section[1], section[0]);
			});
		});
	},

	render: function() {
		const m = new form.Map('hearth', _('Hearth'), _('Saved settings take effect at once: the gateway starts anew by itself.'));
		let s;

		m.tabbed = true;

		s = m.section(form.NamedSection, 'main', 'hearth', _('Service'));
		flag(s, 'enabled', _('Start at boot'), true);
		value(s, 'log', _('Log'), {
			strict: true, placeholder: 'info', note: _('Least severe messages that are logged'),
			choices: [ [ 'info', _('what a user wants to know') ], [ 'warn', _('what is odd') ], [ 'error', _('what does not work') ],
				[ 'debug', _('what a developer wants to know') ], [ 'trace', _('everything') ] ]
		});
		value(s, 'data_dir', _('Folder of the home'), { check: path, placeholder: '/etc/hearth', note: _('Devices, names and network keys') });

		s = m.section(form.NamedSection, 'mqtt', 'mqtt', _('MQTT'));
		value(s, 'server', _('Broker'), { check: server, placeholder: 'mqtt://127.0.0.1:1883', note: _('mqtts://, with TLS, needs the package hearth-full') });
		value(s, 'user', _('User name'), {});
		value(s, 'password', _('Password'), { secret: true });
		value(s, 'base_topic', _('First part of every topic'), { check: topic, placeholder: 'hearth' });
		value(s, 'client_id', _('Client identifier'), { check: label });
		value(s, 'ca', _('Certificate authorities'), { check: path, note: _('PEM file to trust for mqtts://; the public ones unless given') });
		flag(s, 'insecure', _('Accept any certificate'), false, _('Whoever stands between can then read and forge everything.'));
		value(s, 'keepalive', _('Seconds between signs of life'), { check: checks.between(5, 3600), placeholder: '60' });
		value(s, 'maximum_packet_size', _('Largest packet in bytes'), { check: checks.between(4096, 16777216), placeholder: '4194304' });

		s = m.section(form.NamedSection, 'zigbee', 'zigbee', _('Zigbee'));
		flag(s, 'enabled', _('Use the Zigbee stick'), true);
		value(s, 'port', _('Port'), { check: port, placeholder: 'auto', choices: [ [ 'auto', _('auto (find the stick)') ] ], note: _('A path such as /dev/ttyUSB0, or tcp://host:port for one on the network') });
		value(s, 'baudrate', _('Speed'), { check: checks.between(9600, 2000000), placeholder: '115200' });
		value(s, 'channel', _('Channel of a new network'), { check: checks.between(11, 26), note: _('A quiet one is chosen unless given') });
		value(s, 'pan_id', _('PAN identifier of a new network'), { check: pan });
		value(s, 'ext_pan_id', _('Extended PAN identifier of a new network'), { check: hex(16) });
		value(s, 'network_key', _('Key of a new network'), { check: hex(32), secret: true, note: _('A random one is better') });
		value(s, 'transmit_power', _('Transmit power in dBm'), { check: checks.between(-20, 20) });
		flag(s, 'overwrite', _('Replace another network on the stick'), false, _('Its devices are then lost. For one start only.'));

		s = m.section(form.NamedSection, 'ble', 'ble', _('Bluetooth'));
		flag(s, 'enabled', _('Use the Bluetooth adapter'), false);
		value(s, 'adapter', _('Adapter'), { check: label, placeholder: 'hci0' });
		value(s, 'scan', _('How to listen'), { strict: true, choices: [ [ 'active', _('active: hears all') ], [ 'passive', _('passive: spares batteries') ], [ 'auto', _('passive, and active now and then') ] ] });
		value(s, 'adopt', _('What belongs to the home'), { strict: true, choices: [ [ 'listed', _('what was named or chosen') ], [ 'nearby', _('whatever can be read nearby') ] ] });
		value(s, 'room', _('Room of this router'), { check: room });
		value(s, 'minimum_interval', _('Seconds between two values'), { check: checks.between(0, 3600), placeholder: '0' });
		value(s, 'average', _('Seconds to average over'), { check: checks.between(0, 3600), placeholder: '0' });
		value(s, 'read_interval', _('Seconds between two readings over a connection'), { check: checks.between(0, 86400), placeholder: '3600' });
		value(s, 'utc_offset', _('Hours east of UTC, for clocks'), { check: checks.between(-12, 14), placeholder: '0' });
		value(s, 'presence_timeout', _('Seconds after which a tracker is not home'), { check: checks.between(10, 3600), placeholder: '180' });
		value(s, 'presence_topic', _('Topic of presence'), { check: topic, placeholder: 'hearth/presence' });
		value(s, 'theengs_topics', _('Topics in Theengs\' words'), { check: topic });
		flag(s, 'gatt_any', _('Requests may connect to devices that are not of the home'), false);

		s = m.section(form.NamedSection, 'web', 'web', _('Page'));
		flag(s, 'enabled', _('Serve the page'), true);
		value(s, 'listen', _('Address and port'), { check: listen, placeholder: '127.0.0.1:8099', note: _('0.0.0.0:8099 opens it to your network; give it a token then.') });
		value(s, 'token', _('Token'), { check: token, secret: true, note: _('What a browser must present') });

		s = m.section(form.NamedSection, 'homeassistant', 'homeassistant', _('Home Assistant'));
		flag(s, 'enabled', _('Announce devices'), false);
		value(s, 'discovery_topic', _('Discovery topic'), { check: topic, placeholder: 'homeassistant' });
		value(s, 'status_topic', _('Status topic'), { check: topic, placeholder: 'homeassistant/status' });

		s = m.section(form.NamedSection, 'voice', 'voice', _('Voice'), _('Sentences and speech need the package hearth-full.'));
		value(s, 'language', _('Language'), { check: language, placeholder: 'en', choices: [ [ 'en', 'English' ], [ 'de', 'Deutsch' ], [ 'ko', '한국어' ], [ 'zh', '中文' ], [ 'vi', 'Tiếng Việt' ] ] });
		value(s, 'speech_language', _('Language of the speech model'), { check: language });
		value(s, 'model', _('Folder of the speech model'), { check: path, note: _('Without one only typed sentences are understood') });
		value(s, 'socket', _('Speech worker elsewhere'), { check: place, note: _('tcp://host:port of a machine with more memory') });
		value(s, 'library', _('Speech library'), { check: path });
		value(s, 'sentences', _('Folder of further sentences'), { check: path });
		value(s, 'microphone', _('Microphone'), { check: label, placeholder: 'default' });
		value(s, 'room', _('Room of the microphone'), { check: room });
		value(s, 'wake', _('Wake words'), { list: true, check: label, placeholder: 'okay_nabu', note: _('Only what follows one counts; without any, every sentence does') });
		value(s, 'wake_folder', _('Folder of further wake words'), { check: path });
		value(s, 'speaker', _('Speaker'), { check: label, placeholder: 'default' });
		value(s, 'tts', _('What speaks answers'), { check: speech, placeholder: 'off', choices: [ [ 'off', _('nothing; tones tell') ], [ 'espeak-ng', 'espeak-ng' ] ], note: _('Or tcp://host:port of a Wyoming server') });
		flag(s, 'earcons', _('Short tones'), true, _('They tell that something was heard, done or not understood.'));
		value(s, 'confirm', _('Ask back before'), { list: true, choices: [ [ 'lock', _('unlocking') ], [ 'garage', _('opening a garage') ], [ 'all_off', _('turning everything off') ] ] });
		flag(s, 'confirm_typed', _('Ask back for typed sentences, too'), false);

		s = m.section(form.GridSection, 'satellite', _('Satellites'), _('Microphones in other rooms that speak Wyoming.'));
		s.addremove = true;
		s.anonymous = false;
		s.nodescriptions = true;
		value(s, 'server', _('Address'), { check: satellite, needed: true, placeholder: 'tcp://192.168.1.40:10700' });
		value(s, 'room', _('Room'), { check: room });
		value(s, 'wake', _('Wake words'), { list: true, check: label }).modalonly = true;

		s = m.section(form.GridSection, 'device', _('Devices'), _('Names and keys of single devices, until others are set under Devices.'));
		s.addremove = true;
		s.anonymous = true;
		s.nodescriptions = true;
		value(s, 'address', _('Address'), { check: address, needed: true });
		value(s, 'friendly_name', _('Name'), { check: name });
		value(s, 'room', _('Room'), { check: room });
		value(s, 'aliases', _('Other names'), { list: true, check: room }).modalonly = true;
		value(s, 'push_to_talk', _('Action that makes its room listen'), { check: label, placeholder: 'single' }).modalonly = true;
		flag(s, 'confirm', _('Ask back before it is opened or switched by voice'), false).modalonly = true;
		value(s, 'bind_key', _('Bind key'), { check: bindKey, secret: true }).modalonly = true;
		value(s, 'minimum_interval', _('Seconds between two values'), { list: true, check: perProperty }).modalonly = true;
		value(s, 'average', _('Seconds to average over'), { list: true, check: perProperty }).modalonly = true;
		value(s, 'limits', _('Limits of values'), { list: true, check: limits }).modalonly = true;

		s = m.section(form.GridSection, 'tracker', _('Trackers'), _('What people carry about. It is known by one of these.'));
		s.addremove = true;
		s.anonymous = true;
		s.nodescriptions = true;
		value(s, 'name', _('Name'), { check: name, needed: true });
		value(s, 'address', _('Address'), { check: address });
		value(s, 'irk', _('Identity resolving key'), { check: hex(32), secret: true }).modalonly = true;
		value(s, 'ibeacon', _('iBeacon'), { placeholder: 'UUID/major/minor' }).modalonly = true;
		value(s, 'eddystone', _('Eddystone'), {}).modalonly = true;
		value(s, 'local_name', _('Name it advertises'), {}).modalonly = true;

		return m.render();
	}
});
