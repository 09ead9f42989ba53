// Package kubernetes tests packaging/kubernetes with what Kubernetes and the operator of
// Prometheus read manifests with, and with the real failmail. There is no cluster.
package kubernetes

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// project is where the sources are.
const project = "../.."

// A variant is something that people apply.
type variant struct {
	name, kustomization string
	objects             []string // that it makes, without the hash of a name
}

func variants() []variant {
	const (
		base       = "resources: ['https://github.com/hut8labs/failmail//packaging/kubernetes/base?ref=v1.0.0']\n"
		postgresql = "resources: ['https://github.com/hut8labs/failmail//packaging/kubernetes/postgresql?ref=v1.0.0']\n"
		prometheus = "components: ['https://github.com/hut8labs/failmail//packaging/kubernetes/prometheus?ref=v1.0.0']\n"
	)
	plain := []string{"ConfigMap/failmail", "NetworkPolicy/failmail", "PodDisruptionBudget/failmail", "Service/failmail", "StatefulSet/failmail"}
	watched := append([]string{"NetworkPolicy/failmail-metrics", "PrometheusRule/failmail", "ServiceMonitor/failmail"}, plain...)
	return []variant{
		{"base", base, plain},
		{"postgresql", postgresql, plain},
		{"base with prometheus", base + prometheus, watched},
		{"postgresql with prometheus", postgresql + prometheus, watched},
	}
}

// manifests are the objects of a variant.
type manifests struct {
	set      *appsv1.StatefulSet
	service  *corev1.Service
	settings *corev1.ConfigMap
	budget   *policyv1.PodDisruptionBudget
	policies []*networkingv1.NetworkPolicy
	monitor  *monitoringv1.ServiceMonitor // nil without prometheus
	rule     *monitoringv1.PrometheusRule // nil without prometheus
	names    []string
}

func (m *manifests) pod() *corev1.PodSpec         { return &m.set.Spec.Template.Spec }
func (m *manifests) container() *corev1.Container { return &m.pod().Containers[0] }

var (
	published = regexp.MustCompile(`https://github\.com/hut8labs/failmail//packaging/kubernetes/(\w+)\?ref=v[0-9.]+`)
	hash      = regexp.MustCompile(`-[a-z0-9]{10}$`)
)

// render returns what a kustomization makes, with the files beside it, and what it takes
// from the published sources taken from here.
func render(t *testing.T, kustomization string, files map[string]string) *manifests {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Abs(filepath.Join(project, "packaging/kubernetes"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Rel(folder, sources) // kustomize takes no absolute ones
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "kustomization.yaml"), published.ReplaceAllString(kustomization, here+"/$1"))
	for name, text := range files {
		write(t, filepath.Join(folder, name), text)
	}
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	decoder := strictDecoder(t)
	m := &manifests{}
	for _, resource := range made.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		m.names = append(m.names, resource.GetKind()+"/"+hash.ReplaceAllString(resource.GetName(), ""))
		switch object := object.(type) {
		case *appsv1.StatefulSet:
			m.set = object
		case *corev1.Service:
			if object.Name == "failmail" {
				m.service = object
			}
		case *corev1.ConfigMap:
			m.settings = object
		case *policyv1.PodDisruptionBudget:
			m.budget = object
		case *networkingv1.NetworkPolicy:
			m.policies = append(m.policies, object)
		case *monitoringv1.ServiceMonitor:
			m.monitor = object
		case *monitoringv1.PrometheusRule:
			m.rule = object
		}
	}
	slices.Sort(m.names)
	if m.set == nil || m.service == nil || m.settings == nil || m.budget == nil || len(m.pod().Containers) != 1 {
		t.Fatalf("only %q are made, or a pod has not one container", m.names)
	}
	return m
}

// strictDecoder refuses fields that the types of Kubernetes do not have, and those that
// are there twice.
func strictDecoder(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(project, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inEach runs a test for all variants.
func inEach(t *testing.T, test func(*testing.T, variant, *manifests)) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) { test(t, v, render(t, v.kustomization, nil)) })
	}
}

func TestEachVariantMakesItsObjects(t *testing.T) {
	inEach(t, func(t *testing.T, v variant, m *manifests) {
		slices.Sort(v.objects)
		if !slices.Equal(m.names, v.objects) {
			t.Errorf("made %q, want %q", m.names, v.objects)
		}
	})
}

func TestAMisspeltFieldIsRefused(t *testing.T) {
	text := strings.Replace(read(t, "packaging/kubernetes/base/service.yaml"), "targetPort", "targetport", 1)
	if _, _, err := strictDecoder(t).Decode([]byte(text), nil, nil); err == nil || !strings.Contains(err.Error(), "targetport") {
		t.Errorf("decoding says %v", err)
	}
}
