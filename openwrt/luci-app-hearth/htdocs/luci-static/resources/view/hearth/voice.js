'use strict';
'require view';
'require poll';
'require dom';
'require ui';
'require uci';
'require hearth.home as home';

function pairs(list) {
	return E('table', { 'class': 'table' }, list.filter(function(pair) { return pair[1]; }).map(function(pair) {
		return E('tr', { 'class': 'tr' }, [
			E('td', { 'class': 'td left', 'width': '33%' }, [ pair[0] ]),
			E('td', { 'class': 'td left' }, [ pair[1] ])
		]);
	}));
}

function said(voice) {
	const heard = voice.heard || {}, intent = voice.intent || {}, answer = voice.answer || {};

	if (!heard.text)
		return [ E('em', {}, [ _('Nothing was said since the start.') ]) ];

	return [ pairs([
		[ _('Heard'), heard.text ],
		[ _('From'), [ heard.source, heard.room ].filter(Boolean).join(', ') ],
		[ _('Meant'), intent.intent ],
		[ _('Answered'), answer.text ]
	]) ];
}

/* Microphones in other rooms, and what each waits for. */
function satellites() {
	return uci.sections('hearth', 'satellite').map(function(satellite) {
		return [ satellite['.name'], satellite.room, [].concat(satellite.wake || []).join(', ') ].filter(Boolean).join(' · ');
	}).join('; ');
}

return view.extend({
	load: function() {
		return Promise.all([
			home.call('status'),
			home.call('voice'),
			L.resolveDefault(uci.load('hearth'), null)
		]).catch(function(error) { return error; });
	},

	render: function(first) {
		if (first instanceof Error)
			return E([], [ E('h2', {}, [ _('Voice') ]), home.absent(first) ]);

		if (first[0].voice.absent)
			return E([], [
				E('h2', {}, [ _('Voice') ]),
				E('div', { 'class': 'alert-message notice', 'id': 'hearth-absent' }, [
					E('p', {}, [ _('This package understands no sentences and no speech. Install hearth-full in its place; devices and settings stay.') ])
				])
			]);

		const sentence = E('input', {
			'type': 'text', 'class': 'cbi-input-text', 'id': 'hearth-sentence', 'style': 'width:60%',
			'maxlength': 300, 'placeholder': _('turn on the bedroom lamp'),
			'keydown': function(ev) { if (ev.key == 'Enter') speak(); }
		});
		const answer = E('p', { 'id': 'hearth-answer' }),
		      why = E('pre', { 'id': 'hearth-why', 'style': 'white-space:pre-wrap;display:none' }),
		      heard = E('div', { 'id': 'hearth-heard' }, said(first[1])),
		      state = E('div', { 'id': 'hearth-voice' });

		const ear = function(status) {
			dom.content(state, [ pairs([
				[ _('Speech'), home.voice(status.voice) ],
				[ _('Language'), status.voice.language ],
				[ _('Model'), status.voice.model || uci.get('hearth', 'voice', 'model') || _('none') ],
				[ _('Microphone'), uci.get('hearth', 'voice', 'microphone') ],
				[ _('Wake words'), [].concat(uci.get('hearth', 'voice', 'wake') || []).join(', ') ],
				[ _('Satellites and wake words'), satellites() ]
			]) ]);
		};

		const speak = function() {
			if (!sentence.value)
				return Promise.resolve();
			return home.attempt('say', sentence.value, true).then(function(reply) {
				if (!reply)
					return;
				answer.textContent = reply.text || (reply.ok ? _('Done.') : _('This was not understood.'));
				why.textContent = reply.explanation || '';
				why.style.display = reply.explanation ? '' : 'none';
				return refresh();
			});
		};

		const refresh = function() {
			return Promise.all([ home.call('status'), home.call('voice') ]).then(function(replies) {
				ear(replies[0]);
				dom.content(heard, said(replies[1]));
			}).catch(function() {});
		};

		const button = home.button(_('Say'), 'positive important', speak);
		button.id = 'hearth-say';
		ear(first[0]);
		poll.add(refresh, 3);

		return E([], [
			E('h2', {}, [ _('Voice') ]),
			E('div', { 'class': 'cbi-section' }, [
				E('h3', {}, [ _('Say something') ]),
				E('p', {}, [ sentence, ' ', button ]),
				answer, why
			]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Last heard') ]), heard ]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('State') ]), state ])
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
