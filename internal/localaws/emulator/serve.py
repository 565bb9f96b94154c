"""The emulator of the local AWS: moto's server with the answers mended that
Terraform or the CLI would stumble over.

    python3 serve.py --port N [--port-file FILE] [--without NAME ...] [--end-with-stdin]

Each file in patches/ mends one fault and has one function, apply(). Wrong
answers are mended here; what moto never does belongs in the proxy in front.
"""

import argparse
import importlib.util
import os
import pathlib
import sys
import threading

import executions

SETTINGS = {
    # Without it, attaching a policy of AWS's own fails with NoSuchEntity.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # Seconds until a certificate is issued; moto waits 60 by itself.
    "MOTO_ACM_VALIDATION_WAIT": "1",
    # Images are of no use here, and loading them takes most of EC2's start.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


def parse(arguments):
    parser = argparse.ArgumentParser(description="moto, mended")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument(
        "--port-file",
        type=pathlib.Path,
        help="file to write the port to, once the server listens",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="leave out this patch, by its file name without .py; all leaves out every one",
    )
    parser.add_argument(
        "--end-with-stdin",
        action="store_true",
        help="end when standard input is closed: whoever started us is gone",
    )
    return parser.parse_args(arguments)


def end_with_stdin():
    """Ends the process once the other end of standard input is closed.

    The kernel closes it however the parent dies, and the pipe reaches through
    launchers such as uvx that stand between the parent and this process.
    """

    def watch():
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def apply_patches(without):
    folder = pathlib.Path(__file__).resolve().parent / "patches"
    for path in sorted(folder.glob("[0-9]*.py")):
        if path.stem in without or "all" in without:
            continue
        spec = importlib.util.spec_from_file_location(f"patch_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        module.apply()


def main():
    options = parse(sys.argv[1:])
    if options.end_with_stdin:
        end_with_stdin()
    # moto reads its settings when it is imported, so they come first.
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("MOTO_PORT", str(options.port))

    from moto.moto_server import werkzeug_app
    from werkzeug.serving import make_server

    executions.apply()
    apply_patches(options.without)
    # What moto.server.main does, which cannot tell the port that it got.
    application = werkzeug_app.DomainDispatcherApplication(
        werkzeug_app.create_backend_app
    )
    server = make_server(options.host, options.port, application, threaded=True)
    if options.port_file:
        draft = options.port_file.with_suffix(".draft")
        draft.write_text(f"{server.server_port}\n")
        draft.replace(options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
