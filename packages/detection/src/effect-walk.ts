import type { SyntaxNode } from '@lezer/common';
import { InnerScope, type ModuleScope, type Scope } from './effect-scope.js';
import { type Definition, NAMESPACES, type Step, step, UNKNOWN, type Value } from './effect-values.js';
import { importsOf } from './imports.js';
import { stringText } from './python-string.js';
import type { Source } from './source.js';

/** A value that a piece of code calls or hands on, so that what the value can do may happen. */
export interface Use {
  readonly value: Value;
  readonly source: Source;
  /** Where in the source's code. */
  readonly from: number;
  /** Undefined where the value is only handed on. */
  readonly call?: Call;
}

export interface Call {
  readonly args: readonly Argument[];
  /** The source of the object whose method is called. */
  readonly self?: string;
}

export interface Argument {
  /** The name of a keyword argument, `*` or `**`. */
  readonly keyword?: string;
  readonly value: Value;
  readonly text: string;
}

/** What the walkers of a program share. */
export interface Program {
  readonly module: ModuleScope;
  /** Whether anything is known of what a call returns; its path ends in `()`. */
  isKnown(path: string): boolean;
  /** Takes note of a class, so that its methods can be found by their names. */
  defined(definition: Definition): void;
}

/** Expressions nested deeper than this are not looked into: the walk would run out of stack. */
const MAX_DEPTH = 400;

/**
 * Walks over a statement in the order in which Python runs it, keeps account of what its names mean, and collects what
 * it uses. The bodies of functions do not run where they stand: each becomes a {@link Definition} with uses of its own.
 *
 * Error nodes are nothing special: what stands in them and around them is walked over like everything else.
 */
export class Walker {
  readonly uses: Use[] = [];
  private readonly program: Program;
  private readonly source: Source;
  private scope: Scope;
  /** Above 0 where it depends on something whether the code runs, so that a name may keep its old value. */
  private branches = 0;
  private depth = 0;

  constructor(program: Program, source: Source, scope: Scope) {
    this.program = program;
    this.source = source;
    this.scope = scope;
  }

  /** Walks over a statement or an expression and returns what is known of its value. */
  visit(node: SyntaxNode): Value {
    if (this.depth >= MAX_DEPTH) {
      this.use({ kind: 'path', path: 'builtins.<deeply-nested-code>' }, node);
      return UNKNOWN;
    }
    this.depth++;
    const value = this.dispatch(node);
    this.depth--;
    return value;
  }

  private dispatch(node: SyntaxNode): Value {
    switch (node.name) {
      case 'VariableName':
        return this.scope.lookup(this.nameAt(node));
      case 'String':
        return textValue(stringText(this.textOf(node)));
      case 'FormatString':
      case 'ContinuedString':
        return this.visitStrings(node);
      case 'MemberExpression':
        return this.visitMember(node);
      case 'CallExpression':
        return this.visitCall(node);
      case 'BinaryExpression':
        return this.visitBinary(node);
      case 'AwaitExpression':
      case 'ParenthesizedExpression':
        return this.visitLast(node);
      case 'NamedExpression':
        return this.visitAssignment(node);
      case 'AssignStatement':
        this.visitAssignment(node);
        return UNKNOWN;
      case 'LambdaExpression':
        return this.visitFunction(node, '');
      case 'ArrayComprehensionExpression':
      case 'SetComprehensionExpression':
      case 'DictionaryComprehensionExpression':
      case 'ComprehensionExpression':
        return this.visitComprehension(node);
      case 'FunctionDefinition':
        return this.visitFunctionDefinition(node);
      case 'ClassDefinition':
        return this.visitClass(node);
      case 'Decorator':
        return this.visitDecorator(node);
      case 'ImportStatement':
        return this.visitImport(node);
      case 'DeleteStatement':
        return this.visitDelete(node);
      case 'ExpressionStatement':
        return this.visitLast(node);
      case 'ForStatement':
      case 'WithStatement':
      case 'TryStatement':
        return this.visitBinding(node);
      case 'IfStatement':
      case 'WhileStatement':
      case 'MatchStatement':
        return this.visitBranches(node);
      case 'CapturePattern':
        return this.bindTargets(node);
      case 'UpdateStatement':
        return this.visitUpdate(node);
      // Annotations name types; `process: subprocess.Popen` starts none.
      case 'TypeDef':
      case 'TypeDefinition':
      case 'ScopeStatement':
        return UNKNOWN;
      default:
        this.visitChildren(node);
        return UNKNOWN;
    }
  }

  /** The values of the children are put somewhere where they cannot be followed any more. */
  private visitChildren(node: SyntaxNode): void {
    for (let child = node.firstChild; child; child = child.nextSibling) this.handOn(this.visit(child), child);
  }

  private visitLast(node: SyntaxNode): Value {
    let value = UNKNOWN;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (!PUNCTUATION.has(child.name)) value = this.visit(child);
    }
    return value;
  }

  private visitStrings(node: SyntaxNode): Value {
    let text: string | undefined = node.name === 'FormatString' ? stringText(this.textOf(node)) : '';
    for (let child = node.firstChild; child; child = child.nextSibling) {
      const value = this.visit(child);
      text = text !== undefined && value.kind === 'text' ? text + value.text : undefined;
    }
    return textValue(text);
  }

  private visitMember(node: SyntaxNode): Value {
    const [object, ...rest] = childrenOf(node);
    const value = object ? this.visit(object) : UNKNOWN;
    const last = rest.at(-1);
    if (last?.name === 'PropertyName')
      return this.step(value, { kind: 'attribute', name: this.nameAt(last) });
    const keys = rest.filter(({ name }) => !PUNCTUATION.has(name)).map((child) => this.handOnVisited(child));
    const [key] = keys;
    if (keys.length === 1 && key?.kind === 'text') return this.step(value, { kind: 'item', key: key.text });
    if (isNamespace(value)) this.use({ kind: 'path', path: 'builtins.<computed-name>' }, node);
    return UNKNOWN;
  }

  private visitCall(node: SyntaxNode): Value {
    const { firstChild: callee, lastChild: list } = node;
    if (!callee || !list) return UNKNOWN;
    const value = this.visit(callee);
    const args = this.argumentsOf(list);
    const followed = this.follow(value, args);
    if (followed) return followed;
    const self = callee.name === 'MemberExpression' ? callee.firstChild : null;
    this.use(value, node, { args, ...(self && { self: this.textOf(self) }) });
    return this.step(value, { kind: 'call' });
  }

  /** What a call returns whose result is known without running anything. */
  private follow(callee: Value, [first, second]: readonly Argument[]): Value | undefined {
    if (callee.kind !== 'path' && callee.kind !== 'late') return undefined;
    const name =
      callee.kind === 'path' ? callee.path : callee.steps.length === 0 ? `builtins.${callee.name}` : '';
    if (name === 'builtins.getattr' && first && second?.value.kind === 'text')
      return this.step(first.value, { kind: 'attribute', name: second.value.text });
    if (name === 'builtins.vars' && first)
      return this.step(first.value, { kind: 'attribute', name: '__dict__' });
    if (first?.value.kind !== 'text') return undefined;
    const module = first.value.text;
    if (name === 'builtins.__import__') return { kind: 'path', path: module.replace(/\..*/, '') };
    const imports = name === 'importlib.import_module' || name === 'importlib.__import__';
    return imports || name === 'builtins.import_module' ? { kind: 'path', path: module } : undefined;
  }

  private argumentsOf(list: SyntaxNode): Argument[] {
    if (list.getChild('for')) {
      this.visitComprehension(list);
      return [{ value: UNKNOWN, text: '…' }];
    }
    const args: Argument[] = [];
    let keyword: string | undefined;
    for (const child of childrenOf(list)) {
      if (child.name === ',') keyword = undefined;
      else if (child.name === '*' || child.name === '**') keyword = child.name;
      else if (child.name === 'VariableName' && child.nextSibling?.name === 'AssignOp')
        keyword = this.nameAt(child);
      else if (!PUNCTUATION.has(child.name)) {
        args.push({
          ...(keyword && { keyword }),
          value: this.handOnVisited(child),
          text: this.textOf(child),
        });
      }
    }
    return args;
  }

  private visitBinary(node: SyntaxNode): Value {
    const { firstChild: left, lastChild: right } = node;
    if (!left || !right) return UNKNOWN;
    const operator = left.nextSibling ? this.textOf(left.nextSibling) : '';
    const [a, b] = [this.handOnVisited(left), this.handOnVisited(right)];
    if (operator === '+' && a.kind === 'text' && b.kind === 'text') return textValue(a.text + b.text);
    if (operator !== '/') return UNKNOWN;
    return [a, b].find((value) => value.kind === 'path' && value.path.startsWith('pathlib.')) ?? UNKNOWN;
  }

  private visitAssignment(node: SyntaxNode): Value {
    const groups = splitAt('AssignOp', childrenOf(node));
    const sources = groups.pop() ?? [];
    const expressions = sources.filter(({ name }) => name !== ',');
    const values = expressions.map((child) => this.visit(child));
    const value = sources.length === 1 && values[0] ? values[0] : UNKNOWN;
    let keeps = true;
    for (const group of groups) {
      const targets = group.filter(({ name }) => name !== ',' && name !== 'TypeDef');
      const pairs = targets.length === values.length && !group.some(({ name }) => name === '*');
      for (const [index, target] of targets.entries()) {
        const assigned = pairs ? (values[index] ?? UNKNOWN) : UNKNOWN;
        if (target.name === 'VariableName') this.bind(this.nameAt(target), assigned);
        else this.bindTargets(target);
        keeps &&= pairs && target.name === 'VariableName';
      }
    }
    // What goes into an attribute, a list or the like is lost sight of.
    if (!keeps)
      for (const [index, child] of expressions.entries()) this.handOn(values[index] ?? UNKNOWN, child);
    return value;
  }

  private visitUpdate(node: SyntaxNode): Value {
    this.visitChildren(node);
    const target = node.firstChild;
    if (target?.name === 'VariableName' && this.scope.lookup(this.nameAt(target)).kind === 'text')
      this.bind(this.nameAt(target), UNKNOWN);
    return UNKNOWN;
  }

  private visitComprehension(node: SyntaxNode): Value {
    const outer = this.scope;
    this.scope = new InnerScope('comprehension', outer);
    let isTarget = false;
    for (const child of childrenOf(node)) {
      if (child.name === 'for') isTarget = true;
      else if (child.name === 'in') isTarget = false;
      else if (isTarget) this.bindTargets(child);
    }
    this.visitChildren(node);
    this.scope = outer;
    return UNKNOWN;
  }

  private visitFunctionDefinition(node: SyntaxNode): Value {
    const name = node.getChild('VariableName');
    const definition = this.visitFunction(node, name ? this.nameAt(name) : '');
    if (name) this.bind(this.nameAt(name), definition);
    return UNKNOWN;
  }

  /** Defaults are evaluated where the function is defined, its body where it is called. */
  private visitFunction(node: SyntaxNode, name: string): Definition {
    const scope = new InnerScope('function', this.scope);
    const inner = new Walker(this.program, this.source, scope);
    inner.depth = this.depth;
    const parameters = node.getChild('ParamList');
    for (const child of parameters ? childrenOf(parameters) : []) {
      if (child.name === 'VariableName' && child.prevSibling?.name !== 'AssignOp')
        scope.bind(this.nameAt(child), UNKNOWN);
      else this.handOnVisited(child);
    }
    const body = node.lastChild;
    // A lambda returns its value, and with it what the value can do.
    if (body) inner.handOnVisited(body);
    return { kind: 'definition', name, uses: inner.uses };
  }

  private visitClass(node: SyntaxNode): Value {
    const name = node.getChild('VariableName');
    const list = node.getChild('ArgList');
    const bases = list ? childrenOf(list).map((child) => this.visit(child)) : [];
    const outer = this.scope;
    const scope = new InnerScope('class', outer);
    const body = node.getChild('Body');
    this.scope = scope;
    if (body) this.visitChildren(body);
    this.scope = outer;
    const methods = new Map<string, Definition>();
    for (const [method, value] of scope.entries())
      if (value.kind === 'definition') methods.set(method, value);
    const className = name ? this.nameAt(name) : '';
    const definition: Definition = { kind: 'definition', name: className, uses: [], methods, bases };
    this.program.defined(definition);
    this.bind(className, definition);
    return UNKNOWN;
  }

  /** A decorator is called, even without parentheses. */
  private visitDecorator(node: SyntaxNode): Value {
    let value = UNKNOWN;
    let args: Argument[] = [];
    for (const child of childrenOf(node)) {
      if (child.name === 'ArgList') args = this.argumentsOf(child);
      else if (child.name !== 'VariableName') continue;
      else if (child.prevSibling?.name === 'At') value = this.visit(child);
      else value = this.step(value, { kind: 'attribute', name: this.nameAt(child) });
    }
    this.use(value, node, { args });
    return UNKNOWN;
  }

  private visitImport(node: SyntaxNode): Value {
    for (const { path, name, bound } of importsOf(node, this.source.code)) {
      if (name === '*') this.program.module.bindAll(path.slice(0, -'.*'.length));
      else this.bind(name, { kind: 'path', path: bound });
    }
    return UNKNOWN;
  }

  private visitDelete(node: SyntaxNode): Value {
    for (const child of childrenOf(node)) {
      if (child.name !== 'VariableName') this.visit(child);
      else if (this.branches === 0) this.scope.unbind(this.nameAt(child));
    }
    return UNKNOWN;
  }

  /** Statements that bind names on their way: `for a in b`, `with a as b`, `except a as b`. */
  private visitBinding(node: SyntaxNode): Value {
    const isBranch = node.name !== 'WithStatement';
    let isTarget = false;
    let isException = false;
    let value = UNKNOWN;
    for (const child of childrenOf(node)) {
      if (child.name === 'for' || child.name === 'as') isTarget = true;
      else if (child.name === 'except') isException = true;
      else if (child.name === 'Body') {
        isTarget = isException = false;
        this.inBranch(isBranch, child);
      } else if (isTarget && child.name === 'VariableName' && child.prevSibling?.name === 'as') {
        this.bind(this.nameAt(child), isException ? UNKNOWN : value);
        isTarget = false;
      } else if (child.name === 'in' || PUNCTUATION.has(child.name)) isTarget &&= child.name !== 'in';
      else if (isTarget) this.bindTargets(child);
      else {
        value = this.visit(child);
        if (!isException && child.nextSibling?.name !== 'as') this.handOn(value, child);
      }
    }
    return UNKNOWN;
  }

  private visitBranches(node: SyntaxNode): Value {
    for (const child of childrenOf(node)) this.inBranch(child.name.endsWith('Body'), child);
    return UNKNOWN;
  }

  private inBranch(isBranch: boolean, node: SyntaxNode): void {
    if (isBranch) this.branches++;
    this.handOnVisited(node);
    if (isBranch) this.branches--;
  }

  /** Binds the names of a target such as `(a, *b)` to nothing that is known. */
  private bindTargets(node: SyntaxNode): Value {
    if (node.name === 'VariableName') this.bind(this.nameAt(node), UNKNOWN);
    else if (node.name === 'MemberExpression') this.visit(node);
    else for (const child of childrenOf(node)) this.bindTargets(child);
    return UNKNOWN;
  }

  /** In a branch, what is known stays known: the branch may not be taken. */
  private bind(name: string, value: Value): void {
    if (this.branches > 0 && value.kind === 'unknown') {
      const old = this.scope.lookup(name).kind;
      if (old !== 'unknown' && old !== 'text') return;
    }
    this.scope.bind(name, value);
  }

  private handOnVisited(node: SyntaxNode): Value {
    const value = this.visit(node);
    this.handOn(value, node);
    return value;
  }

  private handOn(value: Value, node: SyntaxNode): void {
    if (value.kind !== 'text' && value.kind !== 'instance') this.use(value, node);
  }

  private use(value: Value, node: SyntaxNode, call?: Call): void {
    if (value.kind === 'unknown' && value.name === undefined) return;
    this.uses.push({ value, source: this.source, from: node.from, ...(call && { call }) });
  }

  private step(value: Value, by: Step): Value {
    return step(value, by, (path) => this.program.isKnown(path));
  }

  /** Python reads names in their NFKC form: `ｅｖａｌ` is `eval`. */
  private nameAt(node: SyntaxNode): string {
    return this.textOf(node).normalize('NFKC');
  }

  private textOf(node: SyntaxNode): string {
    return this.source.code.slice(node.from, node.to);
  }
}

const PUNCTUATION = new Set('( ) [ ] { } , : . AssignOp await async'.split(' '));

function isNamespace(value: Value): boolean {
  if (value.kind !== 'path') return false;
  return NAMESPACES.has(value.path) || value.path === 'sys.modules' || value.path.endsWith('.__dict__');
}

function textValue(text: string | undefined): Value {
  return text === undefined ? UNKNOWN : { kind: 'text', text };
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function splitAt(name: string, nodes: readonly SyntaxNode[]): SyntaxNode[][] {
  const groups: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === name) groups.push([]);
    else groups.at(-1)?.push(node);
  }
  return groups;
}
