package segment

// The characters of the default alphabet, 3GPP TS 23.038 §6.2.1, and those of
// its extension table, §6.2.1.1, each of which needs an escape before it.
const (
	basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ" +
		" !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

// costs are the septets of characters below 256; 0 is for those it lacks.
var costs, farCosts = func() (near [256]uint8, far map[rune]uint8) {
	far = make(map[rune]uint8)
	for cost, table := range map[uint8]string{1: basic, 2: extension} {
		for _, r := range table {
			if int(r) < len(near) {
				near[r] = cost
			} else {
				far[r] = cost
			}
		}
	}
	return near, far
}()

// septets returns what a character costs in GSM7; 0 where it is not in it.
func septets(r rune) int {
	if int(r) < len(costs) {
		return int(costs[r])
	}
	return int(farCosts[r])
}
