// Plays the vectors to the module and fails at the first answer that differs: node vectors.mjs perp_wasm.wasm
import { readFileSync } from 'node:fs';

const path = process.argv[2];
if (!path) {
  console.error('usage: node vectors.mjs perp_wasm.wasm');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url)));
const abi = read('abi.json');
const { instance } = await WebAssembly.instantiate(readFileSync(path), {});
const module = instance.exports;

const words = (text) => text.split(' ').map(BigInt);
const signed = (word) => BigInt.asIntN(64, word);
const write = (numbers) => new BigUint64Array(module.memory.buffer, module.input_address(), abi.input_words).set(numbers);
const answer = (length) => [...new BigUint64Array(module.memory.buffer, module.output_address(), length)].join(' ');
// A load or price that is refused leaves status and words in the output buffer.
const outcome = (said) => (said === -1n ? answer(5) : `0 ${said}`);

const play = {
  clock: ({ clock }) => {
    module.set_clock(...words(clock).map(signed));
  },
  load: ({ load, number }) => {
    write(words(load));
    return outcome(module.load(BigInt(number), 8 * words(load).length));
  },
  price: ({ price }) => {
    const [market, mantissa, confidence, exponent, published, previous] = words(price).map(signed);
    return outcome(module.price(market, mantissa, confidence, Number(exponent), published, previous));
  },
  ask: ({ ask }) => {
    write(words(ask));
    return answer(module.ask(words(ask).length));
  },
};

let questions = 0;
for (const line of read('vectors.json')) {
  const kind = Object.keys(play).find((name) => name in line);
  const found = play[kind](line);
  if (found !== line.said) {
    console.error(`${JSON.stringify(line)}\n  the module: ${found}`);
    process.exit(1);
  }
  if (kind === 'ask') questions++;
}
if (questions === 0) throw new Error('nothing was asked');
console.log(`${questions} questions of the vectors are answered as they say`);
