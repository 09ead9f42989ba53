package kubernetes

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

var update = flag.Bool("update", false, "write prometheusrule.yaml anew")

func TestSelectorsFindThePods(t *testing.T) {
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		of := labels.Set(m.set.Spec.Template.Labels)
		selectors := map[string]*metav1.LabelSelector{
			"StatefulSet": m.set.Spec.Selector, "PodDisruptionBudget": m.budget.Spec.Selector,
			"Service": {MatchLabels: m.service.Spec.Selector},
		}
		for _, p := range m.policies {
			selectors["NetworkPolicy "+p.Name] = &p.Spec.PodSelector
		}
		for _, spread := range m.pod().TopologySpreadConstraints {
			selectors["spread over "+spread.TopologyKey] = spread.LabelSelector
		}
		if m.monitor != nil {
			of := labels.Set(m.service.Labels)
			if !matches(t, &m.monitor.Spec.Selector, of) {
				t.Errorf("the ServiceMonitor does not select the Service")
			}
			// packaging/prometheus/rules.yml asks for this job.
			if job := of[m.monitor.Spec.JobLabel]; job != "failmail" {
				t.Errorf("the job is called %q", job)
			}
		}
		for name, selector := range selectors {
			if !matches(t, selector, of) {
				t.Errorf("%s does not select the pods", name)
			}
		}
		if m.set.Spec.ServiceName != m.service.Name {
			t.Errorf("the StatefulSet names the Service %q, which is called %q", m.set.Spec.ServiceName, m.service.Name)
		}
	})
}

func matches(t *testing.T, by *metav1.LabelSelector, of labels.Set) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(by)
	if err != nil {
		t.Fatal(err)
	}
	return !selector.Empty() && selector.Matches(of)
}

func TestPortsAreThoseOfTheContainer(t *testing.T) {
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		settings := m.settings.Data["failmail.toml"]
		ports := map[string]string{"smtp": "bind = [\":2525\"]", "http": "bind-http = \":8025\""}
		for _, p := range m.container().Ports {
			want := ports[p.Name]
			if !strings.Contains(want, ":"+strconv.Itoa(int(p.ContainerPort))+`"`) || !strings.Contains(settings, "\n"+want+"\n") {
				t.Errorf("port %s is %d, and the settings are\n%s", p.Name, p.ContainerPort, settings)
			}
		}
		var used []string
		for _, p := range m.service.Spec.Ports {
			used = append(used, p.TargetPort.String())
		}
		for _, p := range m.policies {
			for _, rule := range p.Spec.Ingress {
				for _, port := range rule.Ports {
					used = append(used, port.Port.String())
				}
			}
		}
		for _, probe := range []*corev1.Probe{m.container().StartupProbe, m.container().LivenessProbe, m.container().ReadinessProbe} {
			used = append(used, probe.HTTPGet.Port.String())
		}
		for _, name := range used {
			if ports[name] == "" || len(m.container().Ports) != len(ports) {
				t.Errorf("port %q is used, and the container has %v", name, m.container().Ports)
			}
		}
		if m.monitor != nil {
			for _, endpoint := range m.monitor.Spec.Endpoints {
				if !slices.ContainsFunc(m.service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == endpoint.Port }) {
					t.Errorf("the Service has no port %q to scrape", endpoint.Port)
				}
			}
		}
	})
}

// A namespace that enforces the strictest of the Pod Security Standards takes the pods.
func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	refusals := func(m *manifests) (reasons []string) {
		for _, result := range evaluator.EvaluatePod(restricted, &m.set.Spec.Template.ObjectMeta, m.pod()) {
			if !result.Allowed {
				reasons = append(reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
		return reasons
	}
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		for _, reason := range refusals(m) {
			t.Error(reason)
		}
		if c := m.container().SecurityContext; c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem {
			t.Error("the root file system can be written to")
		}
		m.container().SecurityContext.Capabilities = nil
		if len(refusals(m)) != 1 {
			t.Errorf("with capabilities it is refused for %q", refusals(m))
		}
	})
}

// What is read and written lies on a volume, and the names of all that is referred to
// are right.
func TestVolumesAreThere(t *testing.T) {
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		volumes := map[string]bool{}
		for _, v := range m.pod().Volumes {
			volumes[v.Name] = true
			if v.ConfigMap != nil && v.ConfigMap.Name != m.settings.Name {
				t.Errorf("the pods read the ConfigMap %q, which is called %q", v.ConfigMap.Name, m.settings.Name)
			}
		}
		for _, claim := range m.set.Spec.VolumeClaimTemplates {
			volumes[claim.Name] = true
		}
		mounts := map[string]string{}
		for _, mount := range m.container().VolumeMounts {
			mounts[mount.MountPath] = mount.Name
			if !volumes[mount.Name] {
				t.Errorf("there is no volume %q for %s", mount.Name, mount.MountPath)
			}
		}
		if len(mounts) != len(volumes) || mounts["/tmp"] == "" || mounts[m.container().WorkingDir] != "data" {
			t.Errorf("the working directory %s has no volume of its own, or one is not used: %v", m.container().WorkingDir, mounts)
		}
	})
}

func TestRelaysAndTheDatabaseAreInReach(t *testing.T) {
	inEach(t, func(t *testing.T, v variant, m *manifests) {
		want := []string{"25", "465", "53", "53", "587"}
		if strings.Contains(v.name, "postgresql") {
			want = append(want, "5432")
		}
		var open []string
		for _, p := range m.policies {
			if slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
				for _, rule := range p.Spec.Egress {
					for _, port := range rule.Ports {
						open = append(open, port.Port.String())
					}
				}
			}
		}
		slices.Sort(open)
		slices.Sort(want)
		if !slices.Equal(open, want) {
			t.Errorf("open are %q, want %q", open, want)
		}
	})
}

// Prometheus and its operator have the same alerts.
func TestPrometheusRuleIsThatOfPrometheus(t *testing.T) {
	const path = "packaging/kubernetes/prometheus/prometheusrule.yaml"
	rules := read(t, "packaging/prometheus/rules.yml")
	_, groups, found := strings.Cut(rules, "\ngroups:\n")
	if !found {
		t.Fatalf("there are no groups in\n%s", rules)
	}
	head, _, found := strings.Cut(read(t, path), "\nspec:\n")
	if !found {
		t.Fatalf("there is no spec in %s", path)
	}
	want := head + "\nspec:\n  groups:\n" + regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(groups, "  $1")
	if *update {
		if err := os.WriteFile(filepath.Join(project, path), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, path) != want {
		t.Errorf("%s is not what rules.yml makes; make update-golden writes it", path)
	}
	m := render(t, variants()[2].kustomization, nil)
	if got, want := len(m.rule.Spec.Groups[0].Rules), strings.Count(rules, "- alert: "); got != want || want < 10 {
		t.Errorf("%d alerts are made of %d", got, want)
	}
}

// A release is tagged with the image of its own version.
func TestTheImageIsOfTheNewestRelease(t *testing.T) {
	want := "ghcr.io/hut8labs/failmail:" + newestRelease(t)
	inEach(t, func(t *testing.T, _ variant, m *manifests) {
		if m.container().Image != want {
			t.Errorf("the image is %s; set newTag in packaging/kubernetes/base/kustomization.yaml for %s", m.container().Image, want)
		}
	})
}

func newestRelease(t *testing.T) string {
	t.Helper()
	newest := regexp.MustCompile(`(?m)^## \[([0-9][^]]*)\]`).FindStringSubmatch(read(t, "CHANGELOG.md"))
	if newest == nil {
		t.Fatal("CHANGELOG.md has no release")
	}
	return newest[1]
}
