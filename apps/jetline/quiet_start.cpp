// OpenBLAS, which OpenCV's core library brings in, starts a thread for each processor when it is loaded, and
// each of them spins for some ten milliseconds before it sleeps: more processor time than most verbs take.
// Its environment variable OPENBLAS_THREAD_TIMEOUT (a power of two of cycles, 4 at least) shortens that. It
// is read before main() and before any constructor of ours, so it is set from .preinit_array, which the
// loader runs first; a value that the user has set stays.
#include <cstdlib>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {

void shorten_spinning(int, char**, char**) {
  setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
}

__attribute__((section(".preinit_array"), used)) void (*const kShortenSpinning)(int, char**,
                                                                                char**) = shorten_spinning;

}  // namespace
#endif
