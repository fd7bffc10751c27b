// Sound for the gateway: whatever rate the browser runs at becomes 16,000 samples a second of 16 bit, mono, in pieces
// of a tenth of a second. Samples are averaged over the time one of ours takes, which is filter enough for speech.
'use strict';
const RATE = 16000;
const PIECE = RATE / 10;

registerProcessor('sound', class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.sum = 0;
    this.weight = 0;
  }

  put(value) {
    this.piece[this.filled] = Math.max(-32768, Math.min(32767, Math.round(value * 32767)));
    this.filled += 1;
    if (this.filled === PIECE) {
      this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
      this.piece = new Int16Array(PIECE);
      this.filled = 0;
    }
  }

  process([input]) {
    const samples = input && input[0];
    if (!samples) return true;
    // One sample of the browser's is `step` samples of ours.
    const step = RATE / sampleRate;
    for (const sample of samples) {
      let left = step;
      while (this.weight + left >= 1) {
        const part = 1 - this.weight;
        this.put(this.sum + sample * part);
        left -= part;
        this.sum = 0;
        this.weight = 0;
      }
      this.sum += sample * left;
      this.weight += left;
    }
    return true;
  }
});
