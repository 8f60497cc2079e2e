import type { EffectClass } from './policy.js';

/** What a function of a module, or a whole module, does. */
export interface EffectRule {
  readonly class: EffectClass | 'harmless';
  /** For people; `…` stands for the argument that says to what. Without it, or without an argument: `calls NAME`. */
  readonly what?: string;
  /** Which positional argument says to what, counted from 0, or the object itself; 0 by default. */
  readonly target?: number | 'self';
  /** It does nothing to the world without that argument: `df.to_csv()` returns a string. */
  readonly needsTarget?: true;
  /** It does nothing to the world if that argument is a constant like this. */
  readonly harmlessFor?: RegExp;
  /** It does nothing to the world unless that argument is a constant like this. */
  readonly onlyFor?: RegExp;
  /** Reads or writes, as the mode says: the place of the argument `mode`, and what it is when left out. */
  readonly mode?: { readonly at: number; readonly default: string };
  /** See {@link Effect.unaudited}. */
  readonly unaudited?: true;
}

/** Objects that a program writes to without touching the world. */
export const HARMLESS_TARGETS: ReadonlySet<string> = new Set(
  'io.BytesIO() io.StringIO() tempfile.SpooledTemporaryFile() sys.stdout sys.stderr sys.stdout.buffer'.split(
    ' ',
  ),
);

type Row = readonly [rule: EffectRule | EffectRule['class'], names: string];

const writesFile = { class: 'write', what: 'writes file …' } as const;
const readsFile = { class: 'read', what: 'reads file …' } as const;
const runs = { class: 'process', what: 'runs process …' } as const;
const connects = { class: 'network', what: 'opens a connection to …' } as const;
const requests = { class: 'network', what: 'requests …' } as const;
const inNativeCode = { unaudited: true } as const;

/**
 * Modules and functions by what they do. The longest name wins, counted in whole words between dots; below a module
 * that is not listed, and has no listed function, everything is harmless. `f()` stands for what `f` returns, `*` for
 * any object of which nothing is known, so that `*.to_csv` is any method of that name.
 *
 * What is marked {@link inNativeCode} was found to raise no audit event, or does its work in native code.
 */
const ROWS: readonly Row[] = [
  // Files
  [{ ...readsFile, mode: { at: 1, default: 'r' } }, 'builtins.open io.open codecs.open'],
  [{ ...readsFile, mode: { at: 1, default: 'rb' } }, 'gzip.open bz2.open lzma.open'],
  [{ ...readsFile, mode: { at: 1, default: 'r' } }, 'gzip.GzipFile bz2.BZ2File lzma.LZMAFile io.FileIO'],
  [{ ...readsFile, mode: { at: 1, default: 'r' } }, 'zipfile.ZipFile zipfile.PyZipFile'],
  [
    { ...readsFile, mode: { at: 1, default: 'r' } },
    'tarfile.open tarfile.TarFile tarfile.TarFile.open wave.open',
  ],
  [{ ...readsFile, mode: { at: 1, default: 'flags' } }, 'os.open'],
  [{ ...readsFile, mode: { at: 0, default: 'r' }, target: 'self' }, 'pathlib.Path().open *.open'],
  [readsFile, 'linecache.getline io.open_code fileinput.input PIL.Image.open'],
  [{ ...readsFile, target: 'self' }, '*.read_text *.read_bytes'],
  ['read', 'os.listdir os.scandir os.walk os.stat os.access glob pathlib.Path().glob'],
  [{ class: 'write', what: 'removes file …' }, 'os.remove os.unlink'],
  [{ class: 'write', what: 'removes directory …' }, 'os.rmdir os.removedirs shutil.rmtree'],
  [{ class: 'write', what: 'makes directory …' }, 'os.mkdir os.makedirs'],
  [{ class: 'write', what: 'renames …' }, 'os.rename os.renames os.replace'],
  ['write', 'os.chmod os.fchmod os.lchmod os.chown os.fchown os.lchown os.utime os.truncate os.ftruncate'],
  ['write', 'os.link os.symlink os.setxattr os.removexattr os.chflags os.lchflags'],
  [{ class: 'write', ...inNativeCode }, 'os.mkfifo os.mknod'],
  ['write', 'shutil'],
  [{ class: 'write', what: 'copies …' }, 'shutil.copy shutil.copy2 shutil.copyfile shutil.copytree'],
  [{ class: 'write', what: 'moves …' }, 'shutil.move'],
  ['harmless', 'shutil.which shutil.disk_usage shutil.get_terminal_size shutil.get_archive_formats'],
  ['write', 'tempfile.mkstemp tempfile.mkdtemp tempfile.NamedTemporaryFile tempfile.TemporaryDirectory'],
  ['write', 'tempfile.TemporaryFile'],
  [{ ...writesFile, target: 'self' }, '*.write_text *.write_bytes *.touch *.symlink_to *.hardlink_to'],
  [{ class: 'write', what: 'removes …', target: 'self' }, '*.unlink *.rmdir'],
  [{ class: 'write', what: 'makes directory …', target: 'self' }, '*.mkdir'],
  [{ class: 'write', what: 'renames …', target: 'self' }, 'pathlib.Path().rename pathlib.Path().replace'],
  ['write', 'pathlib.Path().chmod'],
  [{ class: 'write', what: 'unpacks to …' }, '*.extractall'],
  [{ ...writesFile, needsTarget: true }, 'logging.FileHandler logging.handlers'],
  [{ class: 'write', ...inNativeCode }, 'readline.write_history_file readline.append_history_file'],
  [
    'harmless',
    'json pickle.dump pickle.dumps marshal.dump marshal.dumps csv yaml.dump yaml.safe_dump tomllib',
  ],
  [
    'dynamic',
    'pickle.load pickle.loads pickle.Unpickler marshal.load marshal.loads dill.load dill.loads yaml.load',
  ],
  ['dynamic', 'cloudpickle.load cloudpickle.loads yaml.unsafe_load'],

  // Databases
  [{ class: 'write', what: 'opens database …', harmlessFor: /^(:memory:)?$/ }, 'sqlite3.connect'],
  ['write', 'shelve.open dbm.dumb.open'],
  [
    { class: 'write', ...inNativeCode },
    'dbm.open dbm.gnu.open dbm.ndbm.open lmdb.open leveldb.LevelDB plyvel.DB',
  ],
  [
    {
      class: 'write',
      what: 'opens database …',
      needsTarget: true,
      harmlessFor: /^:memory:$/,
      ...inNativeCode,
    },
    'duckdb.connect',
  ],
  [
    { class: 'write', what: 'runs SQL …', onlyFor: /\b(copy|export|attach)\b/i, ...inNativeCode },
    'duckdb.sql duckdb.query duckdb.execute duckdb.connect().sql duckdb.connect().query duckdb.connect().execute',
  ],
  // SQLite opens a database that is attached without an audit event.
  [
    { class: 'write', what: 'runs SQL …', onlyFor: /\battach\b|\bvacuum\s+into\b/i, ...inNativeCode },
    'sqlite3.connect().execute sqlite3.connect().executescript sqlite3.connect().cursor().execute',
  ],
  [{ class: 'network', harmlessFor: /^sqlite/, ...inNativeCode }, 'sqlalchemy.create_engine'],
  [
    { class: 'network', ...inNativeCode },
    'psycopg2.connect psycopg.connect MySQLdb.connect oracledb.connect',
  ],
  [
    { class: 'network', ...inNativeCode },
    'pyodbc.connect mysql.connector.connect pymssql.connect asyncpg.connect',
  ],
  ['network', 'pymysql.connect pymongo.MongoClient redis.Redis redis.StrictRedis redis.from_url'],
  [{ class: 'write', what: 'writes table …' }, '*.to_sql'],

  // Tables, arrays, pictures, models
  [
    readsFile,
    'pandas.read_csv pandas.read_table pandas.read_fwf pandas.read_json pandas.read_html pandas.read_xml',
  ],
  [readsFile, 'pandas.read_excel pandas.read_parquet pandas.read_feather pandas.read_pickle pandas.read_hdf'],
  [readsFile, 'numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile matplotlib.pyplot.imread'],
  ['network', 'pandas.read_gbq seaborn.load_dataset'],
  [
    { ...writesFile, needsTarget: true },
    '*.to_csv *.to_pickle *.to_excel *.to_json *.to_html *.to_latex *.to_markdown *.to_string *.to_xml *.to_stata',
  ],
  [{ ...writesFile, needsTarget: true }, 'pandas.ExcelWriter pandas.to_pickle *.tofile'],
  [
    { ...writesFile, needsTarget: true, ...inNativeCode },
    '*.to_parquet *.to_feather *.to_orc *.to_hdf *.to_netcdf *.to_zarr *.to_file',
  ],
  [{ class: 'network', ...inNativeCode }, '*.to_gbq'],
  [{ class: 'write', ...inNativeCode }, 'pandas.HDFStore'],
  [writesFile, 'numpy.save numpy.savez numpy.savez_compressed numpy.savetxt scipy.io.savemat'],
  [
    writesFile,
    'scipy.io.wavfile.write scipy.io.mmwrite scipy.sparse.save_npz imageio.imwrite imageio.mimsave',
  ],
  [{ ...readsFile, mode: { at: 2, default: 'r+' } }, 'numpy.memmap'],
  [writesFile, '*.savefig matplotlib.pyplot.imsave'],
  [{ ...writesFile, needsTarget: true }, '*.write_html *.write_image *.save joblib.dump'],
  [
    { ...writesFile, needsTarget: true, ...inNativeCode },
    '*.write_parquet *.write_csv *.write_ipc *.write_json *.write_ndjson *.write_avro *.write_excel *.write_delta',
  ],
  [
    { ...writesFile, needsTarget: true, ...inNativeCode },
    '*.sink_parquet *.sink_csv *.sink_ipc *.sink_ndjson *.save_model *.save_weights *.save_pretrained',
  ],
  [
    { ...writesFile, target: 1, ...inNativeCode },
    'torch.save pyarrow.parquet.write_table pyarrow.feather.write_feather pyarrow.csv.write_csv pyarrow.orc.write_table',
  ],
  [
    { ...writesFile, ...inNativeCode },
    'pyarrow.parquet.ParquetWriter pyarrow.parquet.write_to_dataset pyarrow.OSFile pyarrow.dataset.write_dataset',
  ],
  [
    { ...writesFile, ...inNativeCode },
    'cv2.imwrite cv2.VideoWriter soundfile.write skimage.io.imsave torchvision.utils.save_image',
  ],
  [
    { ...readsFile, mode: { at: 1, default: 'r' }, ...inNativeCode },
    'h5py.File netCDF4.Dataset tables.open_file',
  ],
  [
    { ...readsFile, ...inNativeCode },
    'polars.read_csv polars.read_parquet polars.scan_csv polars.scan_parquet',
  ],

  // Processes
  [runs, 'subprocess'],
  [runs, 'subprocess.run subprocess.Popen subprocess.call subprocess.check_call subprocess.check_output'],
  ['harmless', 'subprocess.list2cmdline'],
  [
    runs,
    'os.system os.popen os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp os.execvpe',
  ],
  [
    { ...runs, target: 1 },
    'os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe',
  ],
  [runs, 'os.posix_spawn os.posix_spawnp os.startfile pty.spawn commands pexpect sh plumbum'],
  ['process', 'os.fork os.forkpty pty.fork'],
  [{ class: 'process', what: 'signals process …' }, 'os.kill os.killpg'],
  [{ class: 'process', ...inNativeCode }, 'os._exit os.abort signal.raise_signal'],
  [runs, 'asyncio.create_subprocess_exec asyncio.create_subprocess_shell builtins.get_ipython().system'],
  [runs, 'builtins.get_ipython().getoutput'],
  ['dynamic', 'builtins.get_ipython().run_cell builtins.get_ipython().run_line_magic'],
  ['dynamic', 'builtins.get_ipython().ex'],
  // IPython starts the process of a script magic in a thread of its own, which outlives the program.
  [{ class: 'dynamic', ...inNativeCode }, 'builtins.get_ipython().run_cell_magic'],
  // A process that is spawned instead of forked starts without an audit event, and has no hook of its own.
  [
    { class: 'process', ...inNativeCode },
    'multiprocessing concurrent.futures.ProcessPoolExecutor joblib.Parallel',
  ],
  ['harmless', 'multiprocessing.cpu_count multiprocessing.current_process multiprocessing.freeze_support'],
  ['harmless', 'multiprocessing.dummy multiprocessing.set_start_method multiprocessing.get_start_method'],

  // Network
  [
    'network',
    'socket ssl ftplib smtplib imaplib poplib telnetlib xmlrpc http.client http.server socketserver',
  ],
  [
    'harmless',
    'socket.gethostname socket.socket socket.inet_aton socket.inet_ntoa socket.htons socket.ntohs',
  ],
  [
    connects,
    'socket.create_connection socket.socket().connect socket.socket().connect_ex ftplib.FTP smtplib.SMTP',
  ],
  ['network', 'socket.socket().bind socket.socket().sendto socket.socket().listen'],
  [
    connects,
    'smtplib.SMTP_SSL http.client.HTTPConnection http.client.HTTPSConnection asyncio.open_connection',
  ],
  ['harmless', 'ssl.create_default_context ssl.SSLContext socket.timeout'],
  ['network', 'urllib.request urllib3 requests httpx aiohttp websocket websockets paramiko boto3 botocore'],
  [requests, 'urllib.request.urlopen urllib.request.urlretrieve requests.get requests.post requests.put'],
  [requests, 'requests.delete requests.patch requests.head httpx.get httpx.post httpx.put httpx.delete'],
  [
    'harmless',
    'urllib.request.Request requests.exceptions requests.codes urllib3.exceptions urllib3.disable_warnings',
  ],
  [
    'network',
    'asyncio.start_server asyncio.open_unix_connection webbrowser yfinance wget gdown kagglehub openai',
  ],
  ['network', 'anthropic datasets.load_dataset huggingface_hub sklearn.datasets.fetch_openml nltk.download'],
  ['network', 'sklearn.datasets.fetch_california_housing sklearn.datasets.fetch_20newsgroups'],
  [
    { class: 'network', ...inNativeCode },
    'pycurl grpc zmq pyarrow.fs.S3FileSystem pyarrow.fs.HadoopFileSystem',
  ],

  // Time. Sleeping early costs nothing; a clock that is started early goes off early.
  ['timing', 'time.sleep asyncio.sleep sched'],
  [{ class: 'timing', ...inNativeCode }, 'signal threading.Timer faulthandler.dump_traceback_later'],
  ['harmless', 'signal.getsignal signal.strsignal signal.Signals signal.Handlers signal.valid_signals'],

  // Code that cannot be read from the program
  ['dynamic', 'builtins.eval builtins.exec builtins.compile builtins.getattr builtins.__import__'],
  // What the walk over the tree could not follow.
  ['dynamic', 'builtins.<computed-name> builtins.<deeply-nested-code>'],
  [
    'dynamic',
    'importlib.import_module importlib.__import__ importlib.reload runpy code.InteractiveInterpreter',
  ],
  ['dynamic', 'types.FunctionType types.CodeType operator.attrgetter operator.methodcaller'],
  ['dynamic', '*.__subclasses__ *.__globals__ *.__builtins__'],
  [{ class: 'dynamic', ...inNativeCode }, 'ctypes cffi _ctypes numpy.ctypeslib numpy.f2py _posixsubprocess'],
  ['harmless', 'ctypes.sizeof ctypes.c_int ctypes.c_double ctypes.c_char_p ctypes.Structure ctypes.util'],

  // People
  [{ class: 'blocking', what: 'asks …' }, 'builtins.input getpass.getpass'],
  ['blocking', 'builtins.breakpoint pdb.set_trace'],
];

/** What Python programs may do, by dotted name. Add rules to a copy and give it to a policy to judge by more. */
export const EFFECT_TABLE: ReadonlyMap<string, EffectRule> = new Map(
  ROWS.flatMap(([rule, names]) =>
    names.split(' ').map((name) => [name, typeof rule === 'string' ? { class: rule } : rule] as const),
  ),
);
