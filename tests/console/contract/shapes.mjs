// Holds JSON against the TypeScript types of the console's client, by TypeScript's own compiler: what is sent and in no type,
// what is in a type and not sent, what is of another kind. Remembers which fields it has seen with a value in them, so that a
// check that looked at nothing is told from one that found nothing.
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ui = join(dirname(fileURLToPath(import.meta.url)), '../../../ui');
const ts = createRequire(join(ui, 'package.json'))('typescript');

export class Shapes {
  constructor(file) {
    const path = join(ui, file);
    const program = ts.createProgram([path], { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext });
    const source = program.getSourceFile(path);
    this.checker = program.getTypeChecker();
    this.source = source;
    this.exported = new Map(this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(source)).map((symbol) => [symbol.name, symbol]));
    /** Field by where it is declared, and whether it was ever sent with something in it. */
    this.fields = new Map();
    this.variants = new Map();
  }

  named(name) {
    return this.checker.getDeclaredTypeOfSymbol(this.exported.get(name));
  }

  /** The members of an interface, by name. */
  members(type) {
    return new Map(type.getProperties().map((member) => [member.name, this.checker.getTypeOfSymbol(member)]));
  }

  /** What is wrong with the value, in sentences. `exact` false: more may be sent than the type has. */
  problems(value, type, path, exact) {
    const { TypeFlags } = ts;
    const is = (flag) => (type.flags & flag) !== 0;
    if (is(TypeFlags.Any | TypeFlags.Unknown)) return [];
    if (type.isUnion()) return this.#ofUnion(value, type, path, exact);
    const wrong = (wanted) => [`${path} is ${JSON.stringify(value)?.slice(0, 60)}, and its type says ${wanted}`];
    if (type.isLiteral()) return value === type.value ? [] : wrong(JSON.stringify(type.value));
    if (is(TypeFlags.BooleanLiteral)) return String(value) === this.checker.typeToString(type) ? [] : wrong(this.checker.typeToString(type));
    if (is(TypeFlags.Null)) return value === null ? [] : wrong('null');
    if (is(TypeFlags.Undefined)) return value === undefined ? [] : wrong('undefined');
    for (const [flag, name] of [[TypeFlags.String, 'string'], [TypeFlags.Number, 'number'], [TypeFlags.Boolean, 'boolean']]) {
      if (is(flag)) return typeof value === name ? [] : wrong(name);
    }
    if (this.checker.isArrayType(type)) {
      if (!Array.isArray(value)) return wrong('a list');
      const [entry] = this.checker.getTypeArguments(type);
      return value.flatMap((one, at) => this.problems(one, entry, `${path}[${at}]`, exact));
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('an object');
    return this.#ofObject(value, type, path, exact);
  }

  #ofObject(value, type, path, exact) {
    const found = [];
    for (const member of type.getProperties()) {
      const { name } = member;
      const field = this.#field(member);
      this.fields.set(field, this.fields.get(field) === true || (value[name] ?? null) !== null);
      if (name in value) found.push(...this.problems(value[name], this.checker.getTypeOfSymbol(member), `${path}.${name}`, exact));
      else if ((member.flags & ts.SymbolFlags.Optional) === 0) found.push(`${path}.${name} is not sent, and is in its type (${field})`);
    }
    const index = type.getStringIndexType();
    for (const [name, one] of Object.entries(value)) {
      if (type.getProperty(name) !== undefined) continue;
      if (index !== undefined) found.push(...this.problems(one, index, `${path}.${name}`, exact));
      else if (exact) found.push(`${path}.${name} is sent, and is not in ${this.checker.typeToString(type).slice(0, 60)}`);
    }
    return found;
  }

  /** By the member that says which one it is, where there is one; else whichever fits best. */
  #ofUnion(value, type, path, exact) {
    const literals = (member) =>
      member.getProperties().flatMap((property) => {
        const of = this.checker.getTypeOfSymbol(property);
        const all = of.isUnion() ? of.types : [of];
        return all.every((one) => one.isStringLiteral()) && all.length > 0 && value !== null && typeof value === 'object' ? [[property.name, all.map((one) => one.value)]] : [];
      });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const objects = type.types.filter((member) => (member.flags & ts.TypeFlags.Object) !== 0);
      const tag = objects.length > 1 ? literals(objects[0])[0]?.[0] : undefined;
      if (tag !== undefined) {
        for (const member of objects) for (const [name, all] of literals(member)) if (name === tag) for (const one of all) if (!this.variants.has(`${tag} '${one}'`)) this.variants.set(`${tag} '${one}'`, false);
        const fitting = objects.find((member) => literals(member).some(([name, all]) => name === tag && all.includes(value[tag])));
        if (fitting === undefined) return [`${path}.${tag} is ${JSON.stringify(value[tag])}, which no type has`];
        this.variants.set(`${tag} '${value[tag]}'`, true);
        return this.problems(value, fitting, path, exact);
      }
    }
    const all = type.types.map((member) => this.problems(value, member, path, exact));
    const best = all.reduce((least, some) => (some.length < least.length ? some : least));
    return best.length > 0 && typeof value !== 'object' ? [`${path} is ${JSON.stringify(value)}, and its type says ${this.checker.typeToString(type)}`] : best;
  }

  #field(member) {
    const at = member.valueDeclaration ?? member.declarations[0];
    const file = at.getSourceFile();
    const parent = at.parent?.name?.text ?? '';
    return `${parent === '' ? '' : `${parent}.`}${member.name} in ${relative(ui, file.fileName)}:${file.getLineAndCharacterOfPosition(at.getStart()).line + 1}`;
  }
}
