// What the interface file says of the parameters: names and meanings, as the program's own sources have them.
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

interface Field {
    name: string;
    docs?: string[];
}

interface Interface {
    types: { name: string; type: { fields?: Field[] } }[];
}

const ID = 'virtual:parameter-meanings';

/** Offers `virtual:parameter-meanings`, made from `idl/perp_swap.json`. */
export function parameterMeanings(file: string): Plugin {
    const fields = (idl: Interface, type: string) =>
        (idl.types.find(({ name }) => name === type)?.type.fields ?? [])
            .filter(({ name }) => name !== 'reserved' && name !== 'padding')
            .map(({ name, docs }) => ({ name, meaning: (docs?.[0] ?? '').replaceAll('`', '') }));
    return {
        name: 'parameter-meanings',
        resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
        load(id) {
            if (id !== `\0${ID}`) return undefined;
            this.addWatchFile(file);
            const idl = JSON.parse(readFileSync(file, 'utf8')) as Interface;
            const market = JSON.stringify(fields(idl, 'Parameters'));
            const pool = JSON.stringify(fields(idl, 'PoolParameters'));
            return `export const marketParameters = ${market};\nexport const poolParameters = ${pool};\n`;
        },
    };
}
