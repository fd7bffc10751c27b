'use strict';
'require view';
'require poll';
'require fs';

/* The access rights allow this very command. */
const COMMAND = '/sbin/logread', LINES = [ '-l', '300', '-e', 'hearth' ];

function read() {
	return fs.exec(COMMAND, LINES).then(function(result) {
		if (result.code !== 0)
			throw new Error(result.stderr || _('The log cannot be read.'));
		return result.stdout || '';
	}).catch(function(error) { return error; });
}

return view.extend({
	load: read,

	render: function(first) {
		const text = E('textarea', {
			'id': 'hearth-log', 'class': 'cbi-input-textarea', 'readonly': 'readonly', 'wrap': 'off',
			'rows': 30, 'style': 'width:100%;font-family:monospace'
		});

		const show = function(log) {
			const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 10;
			const fresh = log instanceof Error ? log.message : (log || _('Nothing was logged yet.'));

			if (fresh === text.value)
				return;
			text.value = fresh;
			if (atEnd)
				text.scrollTop = text.scrollHeight;
		};

		show(first);
		poll.add(function() { return read().then(show); }, 5);

		return E([], [ E('h2', {}, [ _('Log') ]), E('div', { 'class': 'cbi-section' }, [ text ]) ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
