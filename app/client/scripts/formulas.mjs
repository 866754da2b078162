// usage: node scripts/formulas.mjs [FOLDER]
// Finds formulas in TypeScript, where none may stand: the engine has them all. Money, sizes, prices and shares are bigints here, so
// every operation of arithmetic on a bigint is a finding, literals included, and so is every bigint or text that becomes a number. Tests
// compute what they expect, and are not looked at. A package names its
// exceptions in `formulas.json`, each with the reason: by file and expression, or a whole file (`*`) whose subject is the conversion of
// units. An exception that nothing needs any more is a finding too.
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-checker';

const { SyntaxKind: Kind } = ts;
const ARITHMETIC = new Set([
    Kind.PlusToken,
    Kind.MinusToken,
    Kind.AsteriskToken,
    Kind.AsteriskAsteriskToken,
    Kind.SlashToken,
    Kind.PercentToken,
    Kind.LessThanLessThanToken,
    Kind.GreaterThanGreaterThanToken,
    Kind.PlusEqualsToken,
    Kind.MinusEqualsToken,
    Kind.AsteriskEqualsToken,
    Kind.AsteriskAsteriskEqualsToken,
    Kind.SlashEqualsToken,
    Kind.PercentEqualsToken,
    Kind.LessThanLessThanEqualsToken,
    Kind.GreaterThanGreaterThanEqualsToken,
]);
const UNARY = new Set([Kind.MinusToken, Kind.PlusPlusToken, Kind.MinusMinusToken]);
const TO_NUMBER = new Set(['Number', 'parseInt', 'parseFloat']);

/** Findings in the sources of a program but for those in `skipped` folders: file, line, text. */
export function findFormulas(program, isChecked) {
    const checker = program.getTypeChecker();
    const typeOf = (node) => {
        const type = checker.getTypeAtLocation(node);
        return checker.getBaseConstraintOfType(type) ?? type;
    };
    const is = { bigint: (node) => hasBigint(typeOf(node)), number: (node) => isNumber(typeOf(node)) };
    const findings = [];
    for (const source of program.getSourceFiles()) {
        if (source.isDeclarationFile || !isChecked(source.fileName)) continue;
        const visit = (node) => {
            if (isFormula(node, is)) {
                const { line } = source.getLineAndCharacterOfPosition(node.getStart());
                findings.push({ file: source.fileName, line: line + 1, text: node.getText().split('\n')[0] });
            } else {
                ts.forEachChild(node, visit);
            }
        };
        visit(source);
    }
    return findings;
}

function isFormula(node, is) {
    if (ts.isBinaryExpression(node)) {
        const isText =
            node.operatorToken.kind === Kind.PlusToken && [node.left, node.right].some(ts.isStringLiteralLike);
        return !isText && ARITHMETIC.has(node.operatorToken.kind) && (is.bigint(node.left) || is.bigint(node.right));
    }
    if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
        // A literal such as -1n is a number, no operation.
        const isNegated = UNARY.has(node.operator) && is.bigint(node.operand) && !ts.isBigIntLiteral(node.operand);
        return isNegated || (node.operator === Kind.PlusToken && !is.number(node.operand));
    }
    if (ts.isCallExpression(node) && node.arguments.length > 0) {
        const name = node.expression.getText();
        return TO_NUMBER.has(name) && !is.number(node.arguments[0]);
    }
    return false;
}

function hasBigint(type) {
    return type.isUnionOrIntersection() ? type.types.some(hasBigint) : (type.flags & ts.TypeFlags.BigIntLike) !== 0;
}

function isNumber(type) {
    return type.isUnion() ? type.types.every(isNumber) : (type.flags & ts.TypeFlags.NumberLike) !== 0;
}

/** Findings that a package does not allow, and allowances that it does not need, as lines. */
export function check(folder) {
    const path = join(folder, 'tsconfig.json');
    const { config, error } = ts.readConfigFile(path, ts.sys.readFile);
    if (error !== undefined)
        return [`${path} cannot be read: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')}`];
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
    const program = ts.createProgram(fileNames, options);
    const name = (file) => relative(folder, file);
    const allowed = JSON.parse(readFileSync(join(folder, 'formulas.json'), 'utf8'));
    const isOther = (file) => /^\.\.|(^|\/)generated\/|^e2e\/|\.test\.tsx?$/.test(name(file));
    const findings = findFormulas(program, (file) => !isOther(file));
    if (fileNames.length === 0) return [`${path} names no files`];
    const isAllowed = ({ file, text }) =>
        Object.keys(allowed[name(file)] ?? {}).some((key) => key === '*' || key === text);
    const isUsed = (file, key) =>
        findings.some((found) => name(found.file) === file && (key === '*' || key === found.text));
    const allowances = Object.entries(allowed).flatMap(([file, keys]) => Object.keys(keys).map((key) => [file, key]));
    return [
        ...findings
            .filter((found) => !isAllowed(found))
            .map(({ file, line, text }) => `${name(file)}:${line}: a formula on money: ${text}`),
        ...allowances
            .filter(([file, key]) => !isUsed(file, key))
            .map(([file, key]) => `formulas.json allows ${key} in ${file}, where nothing needs it`),
    ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
    const lines = check(folder);
    console.error(lines.join('\n'));
    process.exitCode = lines.length === 0 ? 0 : 1;
}
