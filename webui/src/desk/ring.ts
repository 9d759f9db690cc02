/** A soft double tone, made here: no sound file to fetch. */

const TONES = [
  { hz: 587, from: 0 },
  { hz: 784, from: 0.18 },
  { hz: 587, from: 0.6 },
  { hz: 784, from: 0.78 },
];
const LOUDNESS = 0.09;

let context: AudioContext | null = null;

export function ringOnce(): void {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
    const start = context.currentTime + 0.02;
    for (const { hz, from } of TONES) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "sine";
      tone.frequency.value = hz;
      volume.gain.setValueAtTime(0, start + from);
      volume.gain.linearRampToValueAtTime(LOUDNESS, start + from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + from + 0.32);
      tone.connect(volume).connect(context.destination);
      tone.start(start + from);
      tone.stop(start + from + 0.34);
    }
  } catch {
    // A computer without sound still shows the call.
  }
}
