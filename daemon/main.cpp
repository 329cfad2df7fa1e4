// The program: arguments in, exit code out; the only file that exits.
#include "cli/cli.hpp"

int main(int argc, char** argv) { return commune_watch::run_cli(argc, argv); }
