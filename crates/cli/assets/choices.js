// The form: flows, scenarios, languages and ways, all from one table of the server.

/** Fills the form, and remembers what was chosen last. */
export async function choose({ form, catalog }) {
  const { flow: flows, scenario, language, way } = form.elements;
  const nameOf = ({ provider, flow }) => `${provider} ${flow}`;
  const chosen = () => catalog.flows.find((entry) => nameOf(entry) === flows.value);
  fill(flows, catalog.flows.map((entry) => [nameOf(entry), entry.title]));
  fill(language, catalog.languages.map(({ tag, name }) => [tag, name]));
  const about = form.querySelector("#flow-about");
  const scene = form.querySelector("#scenario-about");

  const showFlow = () => {
    fill(scenario, chosen().scenarios.map((entry) => [entry.scenario, `${entry.scenario.replaceAll("-", " ")}: ${entry.about}`]));
    showScene();
  };
  const showScene = () => {
    const entry = chosen().scenarios.find(({ scenario: name }) => name === scenario.value);
    const note = speaks(chosen(), language.value) ? "" : ` The provider’s own pages have other languages: ${locale(chosen(), language.value)}.`;
    about.textContent = `${sentence(chosen().about)}${note}`;
    scene.textContent = promise(entry);
    remember();
  };
  const remember = () => {
    const all = { flow: flows.value, scenario: scenario.value, language: language.value, way: way.value };
    localStorage.setItem("choice", JSON.stringify(all));
  };
  const recall = () => {
    const all = JSON.parse(localStorage.getItem("choice") ?? "{}");
    set(flows, all.flow);
    set(language, all.language ?? navigator.language.slice(0, 2));
    set(way, all.way);
    showFlow();
    set(scenario, all.scenario);
    showScene();
  };
  recall();
  flows.addEventListener("change", showFlow);
  form.addEventListener("change", showScene);

  const flowOf = (entry) => catalog.flows.find((known) => nameOf(known) === nameOf(entry));
  return {
    wish: () => {
      const { provider, flow } = chosen();
      return { provider, flow, locale: locale(chosen(), language.value), scenario: scenario.value };
    },
    language: () => language.value,
    way: () => way.value,
    titleOf: (entry) => flowOf(entry)?.title ?? entry.id,
    aboutOf: (entry) => {
      const known = flowOf(entry)?.scenarios.find(({ scenario }) => scenario === entry.scenario);
      return known ? `Scenario “${known.scenario.replaceAll("-", " ")}”. ${promise(known)}` : "";
    },
  };
}

/** What the person does, and what it comes to. */
function promise({ user, outcome }) {
  return `${user} It comes to: ${outcome}.`;
}

function fill(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  set(select, before);
}

function set(select, value) {
  if ([...select.options].some((option) => option.value === value)) select.value = value;
}

/** The providers spell Kazakh in two ways. */
const base = (tag) => tag.split("-")[0].replace("kz", "kk");
const speaks = ({ locales }, language) => locales.length === 0 || locales.some((tag) => base(tag) === language);

/** The flow's own tag for a language of the page. */
function locale({ locales }, language) {
  return locales.find((tag) => base(tag) === language) ?? locales[0] ?? "en";
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
