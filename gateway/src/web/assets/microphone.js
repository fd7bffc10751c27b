// The page's microphone: sound goes over the page's own WebSocket as binary frames (16 bit little-endian, mono, 16,000
// samples a second) between two messages on `voice/microphone`. The gateway says there what it hears, when it has
// heard enough, and the answer.
'use strict';

const microphone = { stream: null, context: null };

// Browsers give a microphone only to pages that nobody can have tampered with: https, or this very machine.
const microphoneAllowed = () => Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.AudioWorkletNode);

async function microphoneOpen() {
  microphoneShow('wait');
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: true } });
    const context = new AudioContext();
    Object.assign(microphone, { stream, context });
    await context.audioWorklet.addModule('worklet.js');
    const node = new AudioWorkletNode(context, 'sound', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => {
      const listened = $('speak').dataset.state !== 'wait';
      if (listened && microphone.stream === stream && socket && socket.readyState === WebSocket.OPEN) socket.send(data);
    };
    send('voice/microphone', { state: 'start', rate: 16000 });
    context.createMediaStreamSource(stream).connect(node);
  } catch (error) {
    microphoneClose();
    toast(error.name === 'NotAllowedError' ? t('micDenied') : `${t('micFailed')}: ${error.message}`, 'error');
  }
}

function microphoneClose() {
  const { stream, context } = microphone;
  Object.assign(microphone, { stream: null, context: null });
  if (stream) stream.getTracks().forEach((track) => track.stop());
  if (context) context.close().catch(() => {});
  microphoneShow('idle');
}

function microphoneShow(state) {
  const button = $('speak');
  button.dataset.state = state;
  button.setAttribute('aria-pressed', String(state !== 'idle'));
}

// What the gateway says of the sound.
function microphoneHeard({ state, text, error, answer }) {
  // Only a gateway that has a speech model says so.
  if (state === 'ready') $('speak').hidden = false;
  if (microphone.stream && (state === 'listening' || state === 'speech')) microphoneShow(state);
  if (text) $('sentence').value = text;
  if (state === 'heard' || state === 'done' || state === 'error') microphoneClose();
  if (state === 'done' && answer) showAnswer(answer.text || t('done'), '', !answer.ok && !answer.confirm);
  if (state === 'error') showAnswer(error || t('micFailed'), '', true);
}

$('speak').addEventListener('click', () => {
  if (microphone.stream) {
    send('voice/microphone', { state: 'end' });
    microphoneShow('wait');
  } else if (microphoneAllowed()) {
    microphoneOpen();
  } else {
    toast(t('micWhere'), 'error');
  }
});
