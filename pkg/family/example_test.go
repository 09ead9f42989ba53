package family_test

import (
	"fmt"

	"github.com/hut8labs/failmail/pkg/family"
)

// What keeps two texts from being one error.
func ExampleCompare() {
	d := family.Compare([]string{"Job import_customers failed"}, []string{"Job sync_invoices failed"})
	fmt.Printf("%d values at %q\n", d.Need, d.Shape)
	d = family.Compare([]string{"Interface eth<num> is up"}, []string{"Interface eth<num> is down"})
	fmt.Println(d.A, "-", d.B, "-", d.Why)
	// Output:
	// 3 values at "Job <…> failed"
	// Interface eth<num> is up - Interface eth<num> is down - "up" says what happened
}
