package kafka

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed testdata/pom.xml
var pom []byte

// artifacts gives the class path of Kafka's published artifacts, which Maven fetches
// once into the user's cache. It skips the test, and says why, where that cannot be.
func artifacts(t testing.TB) string {
	t.Helper()
	if testing.Short() || os.Getenv("WEIR_KAFKA") == "" {
		t.Skip("Kafka's own broker was not started: it is by `make test-all` and `make kafka`, which set WEIR_KAFKA")
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("Kafka's own broker was not started: there is no java in the PATH")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("Kafka's own broker was not started: there is no cache directory for its artifacts:", err)
	}
	dir := filepath.Join(cache, "weir-test", fmt.Sprintf("kafka-%x", sha256.Sum256(pom))[:14])
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "*")
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		t.Skip("Kafka's own broker was not started: its artifacts are not in the cache, and there is no mvn in the PATH to fetch them")
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "part")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(part)
	file := filepath.Join(part, "pom.xml")
	if err := os.WriteFile(file, pom, 0o644); err != nil {
		t.Fatal(err)
	}
	lib := filepath.Join(part, "lib")
	if out, err := exec.Command("mvn", "-q", "-B", "-f", file, "dependency:copy-dependencies", "-DoutputDirectory="+lib).CombinedOutput(); err != nil {
		t.Skipf("Kafka's own broker was not started: mvn could not fetch its artifacts: %v\n%s", err, out)
	}
	if err := os.Rename(lib, dir); err != nil {
		if _, other := os.Stat(dir); other != nil { // else another test was first
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "*")
}
