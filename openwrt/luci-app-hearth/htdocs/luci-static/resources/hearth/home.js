'use strict';
'require baseclass';
'require rpc';
'require ui';

/*
 * The ubus object `hearth`, and what all views show alike.
 *
 * The contract: names come from devices, neighbours and the air. They only ever become text nodes
 * (children in a list) or attributes, never markup.
 */

const methods = {
	status: [],
	devices: [ 'device' ],
	set: [ 'device', 'values' ],
	permit_join: [ 'time' ],
	rename: [ 'device', 'name' ],
	options: [ 'device', 'room' ],
	remove: [ 'device', 'force' ],
	interview: [ 'device' ],
	nearby: [],
	adopt: [ 'address', 'name', 'key' ],
	say: [ 'text', 'explain' ],
	voice: [],
	reload: []
};

const calls = {};

for (const name in methods)
	calls[name] = rpc.declare({ object: 'hearth', method: name, params: methods[name] });

/* What a ubus status means here. */
function reason(code) {
	switch (code) {
	case 2: return _('This value is not accepted.');
	case 3:
	case 4: return _('There is no such device, or Hearth is not running.');
	case 6: return _('You are not allowed to do this.');
	case 7: return _('The device does not answer.');
	case 8: return _('This radio is switched off in the settings.');
	case 11: return _('Too much at once. Try again.');
	default: return rpc.getStatusText(code);
	}
}

function checked(reply) {
	if (typeof(reply) == 'number') {
		if (reply !== 0)
			throw new Error(reason(reply));
		return {};
	}
	if (reply != null && typeof(reply.error) == 'string')
		throw new Error(reply.error);
	return reply || {};
}

return baseclass.extend({
	/* Calls a method; an error is thrown with words for people. */
	call: function(name) {
		const args = Array.prototype.slice.call(arguments, 1);
		return calls[name].apply(null, args).then(checked);
	},

	/* The same, and an error is shown. */
	attempt: function() {
		return this.call.apply(this, arguments).catch(function(error) {
			ui.addNotification(null, E('p', {}, [ error.message ]), 'warning');
			return null;
		});
	},

	states: function() {
		return {
			up: _('works'),
			down: _('does not work'),
			starting: _('starting'),
			off: _('switched off')
		};
	},

	/* A room of the status document in words. */
	state: function(room) {
		const words = this.states()[room.state] || room.state || '';
		return room.reason ? words + ': ' + room.reason : words;
	},

	/* Speech in words. */
	voice: function(voice) {
		if (voice.absent)
			return _('needs the package hearth-full');
		return voice.state == 'off' ? _('nothing listens; typed sentences are understood') : this.state(voice);
	},

	seconds: function(seconds) {
		const days = Math.floor(seconds / 86400),
		      hours = Math.floor(seconds / 3600) % 24,
		      minutes = Math.floor(seconds / 60) % 60;

		if (days)
			return _('%d d %d h').format(days, hours);
		if (hours)
			return _('%d h %d min').format(hours, minutes);
		if (minutes)
			return _('%d min').format(minutes);
		return _('%d s').format(seconds);
	},

	/* A notice instead of a view, while the daemon is away. */
	absent: function(error) {
		return E('div', { 'class': 'alert-message warning', 'id': 'hearth-absent' }, [
			E('h4', {}, [ _('Hearth is not running') ]),
			E('p', {}, [ error.message ]),
			E('p', {}, [ _('Start it under System, Startup; the log tells why it ended.') ])
		]);
	},

	/* Buttons as LuCI has them. */
	button: function(label, style, click) {
		return E('button', {
			'class': 'btn cbi-button cbi-button-' + style,
			'click': ui.createHandlerFn(this, click)
		}, [ label ]);
	}
});
