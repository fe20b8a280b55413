// The figures that the page brought for its plots.
export function dataOf(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
