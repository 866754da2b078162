// Plays the vectors to the modules and fails at the first answer that differs.
import { readFileSync } from 'node:fs';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('usage: node vectors.mjs perp_wasm.wasm perp_wasm_core.wasm');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url)));
const abi = read('abi.json');
const modules = [];
for (const path of paths) modules.push((await WebAssembly.instantiate(readFileSync(path), {})).instance.exports);
// The core has no account on paper, and does not answer every question.
const notInCore = new Set(abi.questions.filter(({ core }) => !core).map(({ number }) => BigInt(number)));
const answering = (number) => modules.filter((module) => module.act !== undefined || !notInCore.has(number));

const words = (text) => text.split(' ').map(BigInt);
const signed = (word) => BigInt.asIntN(64, word);
const write = (module, numbers) =>
  new BigUint64Array(module.memory.buffer, module.input_address(), abi.input_words).set(numbers);
const answer = (module, length) => [...new BigUint64Array(module.memory.buffer, module.output_address(), length)].join(' ');
// A load or price that is refused leaves status and words in the output buffer.
const outcome = (module, said) => (said === -1n ? answer(module, 5) : `0 ${said}`);

const play = {
  clock: (module, { clock }) => {
    module.set_clock(...words(clock).map(signed));
  },
  load: (module, { load, number }) => {
    write(module, words(load));
    return outcome(module, module.load(BigInt(number), 8 * words(load).length));
  },
  price: (module, { price }) => {
    const [market, mantissa, confidence, exponent, published, previous] = words(price).map(signed);
    return outcome(module, module.price(market, mantissa, confidence, Number(exponent), published, previous));
  },
  ask: (module, { ask }) => {
    write(module, words(ask));
    return answer(module, module.ask(words(ask).length));
  },
};

let questions = 0;
for (const line of read('vectors.json')) {
  const kind = Object.keys(play).find((name) => name in line);
  const asked = kind === 'ask' ? answering(words(line.ask)[0]) : modules;
  for (const module of asked) {
    const found = play[kind](module, line);
    if (found !== line.said) {
      console.error(`${JSON.stringify(line)}\n  the module: ${found}`);
      process.exit(1);
    }
  }
  if (kind === 'ask' && asked.length > 0) questions++;
}
if (questions === 0) throw new Error('nothing was asked');
console.log(`${questions} questions of the vectors are answered as they say`);
